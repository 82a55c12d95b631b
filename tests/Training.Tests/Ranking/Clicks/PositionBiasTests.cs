using Recs.Engine.Ranking.Trees;
using Recs.Training.Ranking;
using Recs.Training.Ranking.Clicks;
using Recs.Training.Ranking.Trees;
using Xunit.Abstractions;

namespace Recs.Training.Tests.Ranking.Clicks;

/// <summary>
/// A click log with known truth: the logging policy ranked mostly by one feature, which people do not care for, and
/// clicks are examination of the place times relevance. Who believes the clicks believes in the feature.
/// </summary>
public sealed class PositionBiasTests(ITestOutputHelper output)
{
    private const int Seed = 20_261, PageItems = 12;

    // The policy's feature, and the two that people go by.
    private static readonly int Policy = FeatureSchema.IndexOf("item_log_age_days"),
        First = FeatureSchema.IndexOf("als_score"), Second = FeatureSchema.IndexOf("category_affinity");

    [Theory]
    [InlineData(RankerKind.Logistic)]
    [InlineData(RankerKind.Trees)]
    public void The_corrected_ranker_is_nearer_to_the_truth_than_the_one_that_believes_the_clicks(RankerKind kind)
    {
        var random = new Random(Seed);
        var (learn, validate) = (Log(1_500, random), Log(400, random));
        var believing = 1 - Correlation(kind, PositionBias.None, learn, validate);
        Assert.True(believing > 0.05, $"{believing:0.000} from the truth without correction: the log is biased");
        foreach (var bias in new[] { PositionBias.Feature, PositionBias.Propensity })
        {
            var corrected = 1 - Correlation(kind, bias, learn, validate);
            output.WriteLine($"seed {Seed}, {kind}, {bias}: 1 - Spearman's rho with the truth {believing:0.000} uncorrected, {corrected:0.000} corrected");
            Assert.True(corrected < 0.6 * believing, $"{bias}: {believing:0.000} uncorrected, {corrected:0.000} corrected");
        }
    }

    [Fact]
    public void How_much_places_are_looked_at_is_found_from_the_clicks()
    {
        var rows = Log(6_000, new Random(Seed));
        var examination = Examination.Estimate(rows, 2, default);
        for (var place = 0; place < PageItems; place++)
        {
            output.WriteLine($"place {place}: {examination[place]:0.000}, true {Looked(place):0.000}");
            Assert.Equal(Math.Max(0.1, Looked(place)), examination[place], 0.12);
        }

        var weighed = Examination.Weigh(rows, examination);
        for (var r = 0; r < 200; r++)
            Assert.Equal(rows.IsPositive(r) ? 1 / examination[rows.Place(r)] : 1, weighed.Weight(r), 1e-5);
    }

    [Fact]
    public void Trees_without_the_place_score_as_they_do_at_the_first_place_and_are_explained_exactly()
    {
        var rows = PlaceColumn.Add(Log(800, new Random(Seed)));
        var wide = TreeTrainer.Train(rows.ToTable(), new TreeOptions { Trees = 30, Leaves = 15, Threads = 2 }).Ensemble;
        Assert.Contains(wide.Trees, t => t.Feature.Contains(FeatureSchema.Width));
        var narrow = PlaceColumn.Without(wide);
        Assert.Equal(FeatureSchema.Width, narrow.Features);
        var ranker = new TreeRanker(narrow, Calibration.None);
        var (row, scores) = (new float[rows.Width], new float[2]);
        var (one, other) = (new double[FeatureSchema.Width], new double[FeatureSchema.Width]);
        for (var r = 0; r + 1 < 200; r += 2)
        {
            for (var i = 0; i < 2; i++)
            {
                rows.Row(r + i).CopyTo(row);
                row[^1] = 0;
                Assert.Equal(wide.Score(row), narrow.Score(row.AsSpan(0, FeatureSchema.Width)));
                ranker.Score(row.AsSpan(0, FeatureSchema.Width), 1, scores.AsSpan(i, 1));
                ranker.Explain(row.AsSpan(0, FeatureSchema.Width), i == 0 ? one : other);
            }

            Assert.Equal(scores[0] - (double)scores[1], one.Sum() - other.Sum(), 1e-4);
        }
    }

    private static double Correlation(RankerKind kind, PositionBias bias, LabelledRows learn, LabelledRows validate)
    {
        var prepare = PositionCorrection.Of(bias, learn, 2, default);
        var fit = kind == RankerKind.Logistic
            ? RankerFit.Logistic(prepare(learn), 2, default)
            : RankerFit.Trees(prepare(learn), prepare(validate), 1, 2, _ => { }, default);
        var random = new Random(Seed + 1);
        const int Rows = 2_000;
        var (rows, truth, scores) = (new float[Rows * FeatureSchema.Width], new double[Rows], new float[Rows]);
        for (var r = 0; r < Rows; r++)
            truth[r] = Relevance(Fill(rows.AsSpan(r * FeatureSchema.Width, FeatureSchema.Width), random));
        fit.Judge.Score(rows, Rows, scores);
        return Spearman(truth, [.. scores.Select(s => (double)s)]);
    }

    private static double Looked(int place) => 1 / (1 + 0.7 * place);

    private static double Relevance(ReadOnlySpan<float> row) => 1 / (1 + Math.Exp(2.2 - 1.2 * row[First] - 0.8 * row[Second]));

    private static Span<float> Fill(Span<float> row, Random random)
    {
        foreach (var f in new[] { Policy, First, Second })
            row[f] = (float)(random.NextDouble() * 4 - 2);
        return row;
    }

    private static LabelledRows Log(int pages, Random random)
    {
        var rows = new LabelledRows(FeatureSchema.Width);
        for (var p = 0; p < pages; p++)
        {
            var page = Enumerable.Range(0, PageItems).Select(_ =>
            {
                var row = new float[FeatureSchema.Width];
                Fill(row, random);
                return row;
            });
            // Some noise in the policy: like features stand at unlike places.
            var shown = page.Select(row => (row, By: row[Policy] + random.NextDouble() * 1.2)).OrderByDescending(x => x.By).Select(x => x.row);
            var place = 0;
            foreach (var row in shown)
                rows.Add(row, random.NextDouble() < Looked(place) * Relevance(row), 1, place++);
        }

        return rows;
    }

    private static double Spearman(double[] a, double[] b)
    {
        var (x, y) = (Ranks(a), Ranks(b));
        double n = a.Length, squares = x.Zip(y, (i, j) => (i - j) * (i - j)).Sum();
        return 1 - 6 * squares / (n * (n * n - 1));

        static double[] Ranks(double[] values)
        {
            var ranks = new double[values.Length];
            foreach (var (index, rank) in Enumerable.Range(0, values.Length).OrderBy(i => values[i]).Select((i, r) => (i, r)))
                ranks[index] = rank;
            return ranks;
        }
    }
}
