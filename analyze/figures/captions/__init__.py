"""Captions and alt texts of figures: sentences made from the numbers that the figure shows.

A caption opens with the finding and then says how to read the marks. No sentence claims more than its
numbers: shares and gaps are described, and where a test or a band decides, the sentence says which.
"""
