using Recs.Training.Evaluation;
using Recs.Training.NextItem;
using Recs.Training.OfflineModels;

namespace Recs.Training.Tests.NextItem;

public sealed class EncoderPassTests
{
    private static readonly NextItemOptions Options = new() { Dimension = 32, Layers = 2, Heads = 2, MaxLength = 20, Negatives = 16 };

    private static readonly int[] Items = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4, 6], Lengths = [18, 3];

    [Theory]
    [InlineData(0f)]
    [InlineData(0.3f)]
    public void Gradients_equal_central_differences(float dropout)
    {
        const int Seed = 7, ItemCount = 10;
        var random = new Random(Seed);
        var layout = new EncoderLayout(Options);
        var weights = layout.Initial(random);
        // Gains and biases away from 1 and 0, so that their gradients are tried as well.
        foreach (ref var weight in weights.AsSpan())
            weight += 0.1f * (float)(random.NextDouble() - 0.5);
        var embeddings = new float[ItemCount * Options.Dimension];
        EncoderLayout.Normal(embeddings, 0.5, random);
        var direction = new float[Items.Length * Options.Dimension];
        EncoderLayout.Normal(direction, 1, random);
        var pass = new EncoderPass(Options, Items.Length);

        double Loss()
        {
            pass.Forward(weights, embeddings, Items, Lengths, dropout, 7);
            double sum = 0;
            for (var i = 0; i < direction.Length; i++)
                sum += (double)direction[i] * pass.Output[i];
            return sum;
        }

        Loss();
        var (weightGradient, rows) = (new float[weights.Length], new SparseRows(ItemCount, Options.Dimension));
        pass.Backward(weights, (float[])direction.Clone(), weightGradient, rows.Add);
        for (var trial = 0; trial < 150; trial++)
        {
            var at = random.Next(weights.Length);
            AssertClose(weights, at, weightGradient[at], $"weight {at}, seed {Seed}");
        }

        foreach (var layer in layout.Layers)
        {
            for (var at = layer.Distance; at < layer.End; at++)
                AssertClose(weights, at, weightGradient[at], $"distance weight {at}, seed {Seed}");
        }

        for (var t = 0; t < rows.Touched.Count; t++)
            AssertClose(embeddings, rows.Touched[t] * Options.Dimension + t, rows.Row(t)[t], $"embedding of {rows.Touched[t]}");

        void AssertClose(float[] values, int at, float gradient, string what)
        {
            // A large step may cross a kink of the inner layer, a small one loses digits: one of the two is right.
            var expected = new[] { 2e-3f, 4e-4f }.Select(step => Difference(values, at, step)).ToArray();
            Assert.True(expected.Any(e => Math.Abs(e - gradient) < 0.03 * (1 + Math.Abs(e))), $"{what}: {gradient} against {expected[0]} and {expected[1]}");
        }

        double Difference(float[] values, int at, float step)
        {
            var kept = values[at];
            values[at] = kept + step;
            var above = Loss();
            values[at] = kept - step;
            var below = Loss();
            values[at] = kept;
            return (above - below) / (2 * step);
        }
    }

    [Fact]
    public void A_token_knows_nothing_of_later_tokens_nor_of_other_histories()
    {
        var weights = new EncoderLayout(Options).Initial(new Random(1));
        var embeddings = new float[10 * Options.Dimension];
        EncoderLayout.Normal(embeddings, 0.5, new Random(2));
        var pass = new EncoderPass(Options, 40);
        pass.Forward(weights, embeddings, [1, 2, 3, 4, 5, 6], [4, 2], 0, 0);
        var before = pass.Output.ToArray();
        pass.Forward(weights, embeddings, [1, 2, 3, 9, 7, 6], [4, 2], 0, 0);
        var d = Options.Dimension;
        Assert.Equal(before[..(3 * d)], pass.Output[..(3 * d)].ToArray());
        Assert.NotEqual(before[(3 * d)..(4 * d)], pass.Output[(3 * d)..(4 * d)].ToArray());
        Assert.NotEqual(before[(5 * d)..], pass.Output[(5 * d)..].ToArray());
    }

    [Theory]
    [InlineData(7)]
    [InlineData(13)]
    [InlineData(45)]
    public unsafe void Products_equal_their_scalar_twin(int rows)
    {
        var random = new Random(3);
        var (a, b) = (new float[rows * 5], new float[5 * 80]);
        EncoderLayout.Normal(a, 1, random);
        EncoderLayout.Normal(b, 1, random);
        var (fast, plain) = (new float[rows * 80], new float[rows * 80]);
        fixed (float* pa = a, pb = b, pf = fast, pp = plain)
        {
            DenseKernel.Multiply(pa, 5, 1, pb, 80, pf, 80, rows, 5, 80, add: false);
            DenseKernel.MultiplyScalar(pa, 5, 1, pb, 80, pp, 80, rows, 5, 80, add: false);
            Assert.Equal(plain, fast);
            DenseKernel.Multiply(pa, 1, rows, pb, 80, pf, 80, rows, 5, 80, add: true);
            DenseKernel.MultiplyScalar(pa, 1, rows, pb, 80, pp, 80, rows, 5, 80, add: true);
        }

        for (var i = 0; i < fast.Length; i++)
            Assert.Equal(plain[i], fast[i], 1e-5f);
    }

    [Fact]
    public void It_learns_a_rule_that_no_pair_of_items_tells()
    {
        // After x comes x + 1 where the item before x was even, x + 2 where it was odd (modulo 12).
        var random = new Random(4);
        var runs = Enumerable.Range(0, 300).Select(_ =>
        {
            var run = new int[9];
            (run[0], run[1]) = (random.Next(12), random.Next(12));
            for (var i = 2; i < run.Length; i++)
                run[i] = (run[i - 1] + 1 + run[i - 2] % 2) % 12;
            return run;
        }).ToArray();
        var options = Options with { Layers = 1, Epochs = 30, Dropout = 0, LearningRate = 5e-3, BatchTokens = 256 };
        var encoder = AttentionEncoder.Train(Sequences.From(12, runs), options, new FitContext(Threads: 1));
        var twin = AttentionEncoder.Train(Sequences.From(12, runs), options with { Epochs = 1 }, new FitContext(Threads: 1));
        var again = AttentionEncoder.Train(Sequences.From(12, runs), options with { Epochs = 1 }, new FitContext(Threads: 2));
        var (right, scores, other) = (0, new float[12], new float[12]);
        for (var first = 0; first < 12; first++)
        {
            for (var second = 0; second < 12; second++)
            {
                encoder.Score([first, second], scores);
                right += Array.IndexOf(scores, scores.Max()) == (second + 1 + first % 2) % 12 ? 1 : 0;
                twin.Score([first, second], scores);
                again.Score([first, second], other);
                Assert.Equal(scores, other);
            }
        }

        // Who knows the last item alone is right in 72 of the 144.
        Assert.InRange(right, 95, 144);
    }

    [Fact]
    public void Epochs_over_unmet_items_go_the_same_way_from_a_kept_encoder()
    {
        var random = new Random(6);
        var runs = Sequences.From(12, [.. Enumerable.Range(0, 40).Select(_ => Enumerable.Range(0, 12).OrderBy(_ => random.Next()).Take(9).ToArray())]);
        var options = Options with { Layers = 1, Epochs = 1, BatchTokens = 64 };
        var both = options with { UnmetEpochs = 2 };
        var context = new FitContext { Seed = 3, Threads = 1 };
        var first = AttentionEncoder.Train(runs, options, context);
        var (through, resumed, before, after) = (new float[12], new float[12], new float[12], new float[12]);
        first.Score([1, 2, 3], before);
        AttentionEncoder.Train(runs, both, context).Score([1, 2, 3], through);
        first.TrainUnmet(runs, both, context).Score([1, 2, 3], resumed);
        first.Score([1, 2, 3], after);
        Assert.Equal(through, resumed);
        Assert.Equal(before, after);
        Assert.NotEqual(before, through);
    }

    [Fact]
    public void An_encoder_told_from_unmet_items_alone_does_not_push_met_ones_down()
    {
        // Every run is an order of all twelve items: who is told from all of them learns that what was met does not come again.
        var random = new Random(9);
        var runs = Sequences.From(12, [.. Enumerable.Range(0, 300).Select(_ => Enumerable.Range(0, 12).OrderBy(_ => random.Next()).ToArray())]);
        var options = Options with { Layers = 1, Epochs = 20, Dropout = 0, LearningRate = 5e-3, BatchTokens = 256 };
        var context = new FitContext { Threads = 1 };
        var ofAll = MetShare(AttentionEncoder.Train(runs, options, context));
        var ofUnmet = MetShare(AttentionEncoder.Train(runs, options with { Epochs = 0, UnmetEpochs = 20 }, context));
        // Half of the items were met: without a reason to push them down they have near half of the probability.
        Assert.True(ofAll < 0.2, $"{ofAll}");
        Assert.InRange(ofUnmet, 0.3, 0.7);

        double MetShare(AttentionEncoder encoder)
        {
            var scores = new float[12];
            double share = 0;
            for (var r = 0; r < 100; r++)
            {
                var history = runs.Items.AsSpan(runs.Offsets[r], 6);
                encoder.Score(history, scores);
                var total = scores.Sum(static s => Math.Exp(s));
                foreach (var item in history)
                    share += Math.Exp(scores[item]) / total / 100;
            }

            return share;
        }
    }
}
