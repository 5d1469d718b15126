"""What a user would otherwise train populations of networks with, each tuned as well as we know how."""
