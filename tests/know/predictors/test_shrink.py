from know.predictors.shrink import predict


def test_theta_0_shrinks_by_the_factor_each_stage(rows, agrees):
    agrees(predict(rows), [0.9, 0.9, 0.18, 0.27, -0.45, 0])
    agrees(
        predict(rows, horizon=3, factor=0.5), [1 / 8, 1 / 8, 1 / 40, 0.0375, -1 / 16, 0]
    )
