using Recs.Engine.Ranking.Onnx;

namespace Recs.Engine.Tests.Ranking.Onnx;

public sealed class OnnxModelsTests
{
    [SkippableTheory]
    [InlineData("lgbm_classifier_tensor", "probabilities")]
    [InlineData("lgbm_regressor_tensor", "output")]
    [InlineData("xgboost_classifier_tree", "probabilities")]
    public void Models_made_elsewhere_answer_what_their_archive_says(string folder, string output)
    {
        var model = OnnxModel.Parse(SharedModels.Require(folder, "model.onnx"));
        var arrays = SharedModels.Arrays(SharedModels.Require(folder, "io.npz"));
        var run = new OnnxRun(new OnnxGraph(model));
        var (dims, values) = arrays["input"];
        foreach (var copies in new[] { 1, 3 })
        {
            // The same row several times: models take any number of rows.
            var input = run.Input(0, copies, dims[1]);
            for (var i = 0; i < input.Length; i++)
                input[i] = (float)values[i % dims[1]];
            run.Execute();
            var answer = run.Output(model.Outputs.ToList().IndexOf(output)).Floats;
            var expected = arrays[output].Values;
            Assert.Equal(expected.Length * copies, answer.Length);
            for (var i = 0; i < answer.Length; i++)
                Assert.Equal(expected[i % expected.Length], answer[i], 1e-4);
        }
    }

    [SkippableFact]
    public void A_factorisation_machine_from_pytorch_answers_its_formula()
    {
        var model = OnnxModel.Parse(SharedModels.Require("openctr_ml1m_FM.onnx"));
        var run = new OnnxRun(new OnnxGraph(model));
        float[] row = [17, 260, 1, 4, 9];
        row.CopyTo(run.Input(0, 1, 5));
        run.Execute();

        // Columns by the graph: user 0, item 1, sex 2, age 3, occupation 4.
        string[] fields = ["uid", "vid", "sex", "age", "job"];
        double logit = model.Initializers["fm_layer.lr_layer.bias"].Floats![0];
        var (sum, squares) = (new double[64], new double[64]);
        for (var f = 0; f < 5; f++)
        {
            logit += model.Initializers[$"fm_layer.lr_layer.embedding_layer.embedding_layer.{fields[f]}.weight"].Floats![(int)row[f]];
            for (var k = 0; k < 64; k++)
            {
                double v = model.Initializers[$"embedding_layer.embedding_layer.{fields[f]}.weight"].Floats![(int)row[f] * 64 + k];
                sum[k] += v;
                squares[k] += v * v;
            }
        }

        for (var k = 0; k < 64; k++)
            logit += 0.5 * (sum[k] * sum[k] - squares[k]);
        Assert.Equal(1 / (1 + Math.Exp(-logit)), run.Output(0).Floats[0], 1e-4);
    }

    [SkippableFact]
    public void An_operator_that_is_not_supported_is_refused_by_name_at_load()
    {
        var model = OnnxModel.Parse(SharedModels.Require("SqueezeNet_fp16.onnx"));
        var refused = Assert.Throws<InvalidDataException>(() => new OnnxGraph(model));
        Assert.Contains("ai.onnx.Conv is not supported", refused.Message, StringComparison.Ordinal);
    }
}
