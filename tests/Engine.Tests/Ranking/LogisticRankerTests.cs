namespace Recs.Engine.Tests.Ranking;

public class LogisticRankerTests
{
    [Fact]
    public void Score_and_contributions_are_those_worked_out_by_hand()
    {
        var parameters = Parameters();
        var ranker = new LogisticRanker(parameters);
        var row = new float[FeatureSchema.Width];
        row[0] = 5;
        row[1] = -1;
        var scores = new float[1];
        ranker.Score(row, 1, scores);

        // Feature 0: 2 (5 - 3) / 4 = 1; feature 1: -3 (-1 - 1) / 2 = 3; bias 0.5.
        Assert.Equal(4.5, scores[0], 5);
        var contributions = new double[FeatureSchema.Width];
        ranker.Explain(row, contributions);
        Assert.Equal(1, contributions[0]);
        Assert.Equal(3, contributions[1]);
        Assert.All(contributions[2..], c => Assert.Equal(0, c));
        Assert.Equal(1 / (1 + Math.Exp(-4.5)), LogisticRanker.Probability(4.5), 12);
    }

    [Fact]
    public void Rows_are_scored_alike_in_any_company()
    {
        var random = new Random(17);
        var ranker = FallbackRanker.Instance;
        var rows = new float[300 * FeatureSchema.Width];
        foreach (ref var value in rows.AsSpan())
            value = random.NextSingle();
        var (all, one) = (new float[300], new float[1]);
        ranker.Score(rows, 300, all);
        for (var i = 0; i < 300; i++)
        {
            ranker.Score(rows.AsSpan(i * FeatureSchema.Width, FeatureSchema.Width), 1, one);
            Assert.Equal(one[0], all[i]);
        }
    }

    [Fact]
    public void Parameters_survive_json_and_score_the_same()
    {
        var read = LogisticRankerParameters.FromJson(Parameters().ToJson());
        var row = Enumerable.Range(0, FeatureSchema.Width).Select(i => i * 0.1f).ToArray();
        var (a, b) = (new float[1], new float[1]);
        new LogisticRanker(Parameters()).Score(row, 1, a);
        new LogisticRanker(read).Score(row, 1, b);
        Assert.Equal(a[0], b[0]);
    }

    [Fact]
    public void Another_schema_is_refused_saying_the_difference()
    {
        var parameters = Parameters();
        var names = parameters.Names.ToArray();
        names[0] = "user_shoe_size";
        var e = Assert.Throws<InvalidDataException>(() => new LogisticRanker(parameters with { Names = names, SchemaHash = "0" }));
        Assert.Contains("lacks user_log_positives", e.Message);
        Assert.Contains("user_shoe_size", e.Message);

        (names[0], names[1]) = (parameters.Names[1], parameters.Names[0]);
        e = Assert.Throws<InvalidDataException>(() => new LogisticRanker(parameters with { Names = names, SchemaHash = "0" }));
        Assert.Contains("feature 0 is user_log_purchases, in the schema user_log_positives", e.Message);
    }

    [Fact]
    public void Illegal_numbers_are_refused_by_name()
    {
        var zeroScale = Parameters().Scales.ToArray();
        zeroScale[2] = 0;
        Assert.Contains("scales of user_log_history was 0", Refusal(Parameters() with { Scales = zeroScale }));
        Assert.Contains("weights held 3 values", Refusal(Parameters() with { Weights = [1, 2, 3] }));
        Assert.Contains("bias was NaN", Refusal(Parameters() with { Bias = double.NaN }));
        Assert.Contains("kind was 'tree'", Refusal(Parameters() with { Kind = "tree" }));
        Assert.Throws<InvalidDataException>(() => LogisticRankerParameters.FromJson("{\"bias\":"));
        Assert.Throws<InvalidDataException>(() => LogisticRankerParameters.FromJson("{}"));

        static string Refusal(LogisticRankerParameters p) => Assert.Throws<InvalidDataException>(() => new LogisticRanker(p)).Message;
    }

    private static LogisticRankerParameters Parameters()
    {
        var (means, scales, weights) = (new double[FeatureSchema.Width], new double[FeatureSchema.Width], new double[FeatureSchema.Width]);
        Array.Fill(scales, 1);
        (means[0], scales[0], weights[0]) = (3, 4, 2);
        (means[1], scales[1], weights[1]) = (1, 2, -3);
        return LogisticRankerParameters.ForSchema(means, scales, weights, 0.5);
    }
}
