def test_errors_are_told_apart_from_other_metrics(tmp_path, read):
    (tmp_path / "results.csv").write_text(
        "id,task,framework,fold,result,metric,info,auc,logloss\n"
        "t/1,credit,autoA,0,0.9,auc,,0.9,\n"
        "t/2,letter,autoA,0,-0.1,neg_logloss,,,0.1\n"
        "t/1,credit,autoB,0,,auc,TimeoutError: interrupted,,\n"
    )
    tool, reading = read(tmp_path / "results.csv")
    assert (tool, reading.status, reading.unit) == ("automl-benchmark", "info", None)
    assert "info says why 1 of 3 runs have no result" in reading.remarks[-1]
