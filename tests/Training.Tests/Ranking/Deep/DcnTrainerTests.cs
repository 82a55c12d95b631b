using Recs.Engine.Ranking.Deep;
using Recs.Training.Ranking.Deep;
using Recs.Training.Ranking.Trees;

namespace Recs.Training.Tests.Ranking.Deep;

public sealed class DcnTrainerTests
{
    public static TheoryData<int, int, bool, string> Shapes => new()
    {
        { 2, 0, false, "7,5" },
        { 3, 0, true, "6" },
        { 2, 2, false, "5" },
        { 2, 3, true, "4,3" },
        { 1, 0, false, "" },
        { 0, 0, true, "9,4" },
    };

    [Fact]
    public void Validation_rows_of_another_width_and_a_network_that_diverges_are_told()
    {
        var rows = Enumerable.Range(0, 64).Select(r => (float)r).ToArray();
        TrainingTable Table(int width, float times = 1) => new()
        {
            Width = width,
            Features = [.. rows.Take(64 / width * width).Select(v => v * times)],
            Labels = [.. Enumerable.Range(0, 64 / width).Select(r => r % 2f)],
        };
        var options = new DcnOptions { Cross = 1, Deep = [4], Epochs = 2, BatchRows = 8 };
        Assert.Contains("have 4 columns, the others 2", Assert.Throws<ArgumentException>(() => DcnTrainer.Train(Table(2), options, Table(4))).Message, StringComparison.Ordinal);
        var weightless = Table(2);
        weightless = new TrainingTable { Width = 2, Features = weightless.Features, Labels = weightless.Labels, Weights = new float[32] };
        Assert.Contains("never a number", Assert.Throws<InvalidDataException>(() => DcnTrainer.Train(Table(2), options, weightless)).Message, StringComparison.Ordinal);
        Assert.Equal(2, DcnTrainer.Train(weightless, options, Table(2)).Validation.Count);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Gradients_are_those_of_finite_differences(int cross, int rank, bool stacked, string deep)
    {
        var (network, table) = Small(cross, rank, stacked, deep, seed: 4);
        var inputs = DcnInputs.Of(table, network, new ParallelOptions());
        var pass = new DcnPass(network.Layout, table.Rows);
        var rows = Enumerable.Range(0, table.Rows).ToArray();
        var slopes = rows.Select(r => 0.3f + 0.1f * r).ToArray();
        pass.Forward(network.Parameters, inputs, rows, 0, 0);
        pass.Backward(network.Parameters, inputs, rows, slopes, 0);

        var parameters = Array.ConvertAll(network.Parameters, p => (double)p);
        for (var p = 0; p < parameters.Length; p++)
        {
            const double Step = 1e-5;
            var kept = parameters[p];
            double Sum() => rows.Sum(r => slopes[r] * PlainDcn.Logit(network, parameters, table.Row(r).ToArray()));
            parameters[p] = kept + Step;
            var up = Sum();
            parameters[p] = kept - Step;
            var down = Sum();
            parameters[p] = kept;
            var expected = (up - down) / (2 * Step);
            Assert.True(Math.Abs(expected - pass.Gradient[p]) <= 2e-4 * (1 + Math.Abs(expected)), $"parameter {p}: {expected} and {pass.Gradient[p]}");
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Trainer_and_scorer_make_the_formulas_logits(int cross, int rank, bool stacked, string deep)
    {
        var (network, table) = Small(cross, rank, stacked, deep, seed: 5);
        var parameters = Array.ConvertAll(network.Parameters, p => (double)p);
        var scores = new float[table.Rows];
        new DcnScorer(network).Score(table.Features, table.Rows, scores);
        var pass = new DcnPass(network.Layout, table.Rows);
        pass.Forward(network.Parameters, DcnInputs.Of(table, network, new ParallelOptions()), Enumerable.Range(0, table.Rows).ToArray(), 0, 0);
        for (var r = 0; r < table.Rows; r++)
        {
            var expected = PlainDcn.Logit(network, parameters, table.Row(r).ToArray());
            Assert.Equal(expected, scores[r], 1e-4);
            Assert.Equal(expected, pass.Logits[r], 1e-4);
        }
    }

    [Fact]
    public void Inputs_that_a_page_shares_give_the_same_scores_computed_once()
    {
        var random = new Random(6);
        var rows = Enumerable.Range(0, 150).SelectMany(_ => new[] { 0.7f, (float)random.NextDouble(), -1.2f, (float)random.NextDouble() }).ToArray();
        var labels = Enumerable.Range(0, 150).Select(_ => (float)random.Next(2)).ToArray();
        var train = new TrainingTable { Width = 4, Features = [.. rows.Select((v, i) => v + i % 7)], Labels = labels };
        var options = new DcnOptions { Deep = [9, 5], Epochs = 1, BatchRows = 32 };
        var plain = DcnTrainer.Train(train, options).Network;
        var shared = Share(plain, [0, 2]);
        Assert.Equal(2, shared.Shape.Shared);
        var (a, b) = (new float[150], new float[150]);
        new DcnScorer(plain).Score(rows, 150, a);
        new DcnScorer(shared).Score(rows, 150, b);
        for (var r = 0; r < a.Length; r++)
            Assert.Equal(a[r], b[r], 1e-4);

        // One row that differs, and nothing is shared.
        rows[77 * 4] = 3;
        new DcnScorer(plain).Score(rows, 150, a);
        new DcnScorer(shared).Score(rows, 150, b);
        for (var r = 0; r < a.Length; r++)
            Assert.Equal(a[r], b[r], 1e-4);
    }

    [Fact]
    public void Training_learns_a_product_of_two_codes_that_no_sum_can_express()
    {
        var random = new Random(7);
        TrainingTable Table(int rows)
        {
            var features = Enumerable.Range(0, rows).SelectMany(_ => new[] { (float)random.Next(6), random.Next(6) }).ToArray();
            return new TrainingTable
            {
                Width = 2,
                Features = features,
                Labels = [.. Enumerable.Range(0, rows).Select(r => (features[r * 2] + features[r * 2 + 1]) % 2)],
                Categorical = [0, 1],
            };
        }

        var trained = DcnTrainer.Train(Table(4_000), new DcnOptions { Deep = [32], Epochs = 40, LearningRate = 0.01, BatchRows = 256 }, Table(1_000));
        Assert.InRange(trained.Validation.Min(), 0, 0.05);
    }

    [Fact]
    public void The_same_seed_gives_the_same_network_on_any_number_of_threads()
    {
        var (_, table) = Small(2, 0, false, "7", seed: 8, rows: 200);
        var options = new DcnOptions { Deep = [7], Cross = 2, Epochs = 3, BatchRows = 33, Dropout = 0.2, L2 = 1e-4, EmbeddingL2 = 1e-4 };
        var one = DcnTrainer.Train(table, options with { Threads = 1 }).Network;
        Assert.Equal(one.Parameters, DcnTrainer.Train(table, options with { Threads = 4 }).Network.Parameters);
        Assert.NotEqual(one.Parameters, DcnTrainer.Train(table, options with { Seed = 2 }).Network.Parameters);
    }

    [Fact]
    public void Rare_codes_codes_never_seen_and_what_is_no_code_share_the_unknown_row()
    {
        var table = new TrainingTable { Width = 1, Features = [3, 3, 5, 5, 9, 3], Labels = [0, 1, 0, 1, 0, 1], Categorical = [0] };
        var category = DcnInputs.FirstNetwork(table, new DcnOptions { MinCount = 2 }).Shape.Categories[0];
        Assert.Equal([1, 2], new[] { category.RowOf(3), category.RowOf(5) });
        Assert.All(new[] { 9, 4, -1, 0.5f, float.NaN, float.PositiveInfinity, 1e20f }, v => Assert.Equal(0, category.RowOf(v)));

        var hashed = DcnInputs.FirstNetwork(table, new DcnOptions { Buckets = 2 }).Shape.Categories[0];
        Assert.Equal(3, hashed.Rows);
        // 9 x 2654435761 mod 2^32 = 2415117369; mod 2 = 1.
        Assert.Equal(2, hashed.RowOf(9));
        Assert.Equal(0, hashed.RowOf(float.NaN));
    }

    [Fact]
    public void Dropout_drops_its_share_and_keeps_the_mean()
    {
        var values = new float[100_000];
        Array.Fill(values, 1f);
        Dropout.Apply(values, 0.25, seed: 3);
        Assert.InRange(values.Count(v => v == 0) / 100_000.0, 0.245, 0.255);
        Assert.InRange(values.Average(), 0.99, 1.01);
    }

    private static DcnNetwork Share(DcnNetwork network, int[] columns)
    {
        // The same network with its inputs in another order: rows of the matrices that read them move along.
        var d = network.Shape.Inputs;
        int[] order = [.. columns, .. Enumerable.Range(0, d).Except(columns)];
        var shape = network.Shape with { Numeric = order, Shared = columns.Length };
        var moved = (float[])network.Parameters.Clone();
        var layout = network.Layout;
        foreach (var matrix in layout.Cross.Select(c => c.Weight!).Append(layout.Deep[0].Weight).Append(layout.Output.Weight))
        {
            for (var i = 0; i < d; i++)
                network.Of(matrix).Slice(order[i] * matrix.Columns, matrix.Columns).CopyTo(matrix.In(moved)[(i * matrix.Columns)..]);
        }

        foreach (var cross in layout.Cross)
        {
            var (weight, bias) = (cross.Weight!, cross.Bias);
            var rows = weight.In(moved).ToArray();
            for (var i = 0; i < d; i++)
            {
                bias.In(moved)[i] = network.Of(bias)[order[i]];
                for (var j = 0; j < d; j++)
                    weight.In(moved)[i * d + j] = rows[i * d + order[j]];
            }
        }

        return new DcnNetwork(shape, [.. order.Select(o => network.Means[o])], [.. order.Select(o => network.InverseScales[o])], moved);
    }

    private static (DcnNetwork Network, TrainingTable Table) Small(int cross, int rank, bool stacked, string deep, int seed, int rows = 9)
    {
        var random = new Random(seed);
        var table = new TrainingTable
        {
            Width = 4,
            Features = [.. Enumerable.Range(0, rows).SelectMany(r => new[]
            {
                (float)random.NextDouble(), random.Next(4), r == 3 ? float.NaN : (float)random.NextDouble() * 10, random.Next(3),
            })],
            Labels = [.. Enumerable.Range(0, rows).Select(r => (float)(r % 2))],
            Categorical = [1, 3],
        };
        var network = DcnInputs.FirstNetwork(table, new DcnOptions
        {
            Embedding = 3,
            Cross = cross,
            Rank = rank,
            Experts = 2,
            Deep = deep.Length == 0 ? [] : [.. deep.Split(',').Select(u => int.Parse(u, System.Globalization.CultureInfo.InvariantCulture))],
            Stacked = stacked,
            Seed = seed,
        });
        // Biases begin at 0 and embeddings near it: larger ones make every term of the formulas count.
        var parameters = network.Parameters.Select(_ => (float)(random.NextDouble() - 0.5)).ToArray();
        return (new DcnNetwork(network.Shape, network.Means, network.InverseScales, parameters), table);
    }
}
