using Recs.Training.Evaluation;
using Recs.Training.NextItem;

namespace Recs.Training.Tests.NextItem;

public sealed class SoftmaxTests
{
    private const int Seed = 5, ItemCount = 9, Dimension = 16, Drawn = 16;
    private const float Scale = 0.5f;

    // The second token's right item is among those met: it comes again, and stays.
    private static readonly int[] Items = [3, 1, 4, 1, 5], Targets = [4, 1, 5];

    private static readonly int[] Negatives = [0, 3, 3, 8, 2, 7, 1, 1, 6, 5, 0, 2, 4, 8, 3, 7];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Loss_over_all_items_leaves_out_what_was_met(bool unmet)
    {
        var (embeddings, output) = Values();
        var softmax = new FullSoftmax(ItemCount, Dimension);
        var (outputGradient, embeddingGradient) = (new float[output.Length], new float[embeddings.Length]);

        Assert.Equal(Expected(), Loss(), 1e-5);
        var (ofOutput, ofEmbeddings) = ((float[])outputGradient.Clone(), (float[])embeddingGradient.Clone());
        AssertGradient(ofOutput, output, Expected);
        AssertGradient(ofEmbeddings, embeddings, Expected);

        double Loss()
        {
            var transposed = new float[Dimension * DenseKernel.Padded(ItemCount)];
            FullSoftmax.Transpose(embeddings, ItemCount, Dimension, transposed);
            return softmax.Loss(embeddings, transposed, output, Targets, unmet ? Met() : null, Scale, outputGradient, embeddingGradient);
        }

        double Expected() => Targets.Select((target, token) => CrossEntropy(
            embeddings, output, token, Enumerable.Range(0, ItemCount).Where(i => i != target && !(unmet && MetBefore(token).Contains(i))), 0)).Sum();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Loss_over_drawn_items_leaves_out_what_was_met(bool unmet)
    {
        var (embeddings, output) = Values();
        var softmax = new SampledSoftmax(ItemCount, Dimension, Drawn, Targets.Length);
        var (outputGradient, rows) = (new float[output.Length], new SparseRows(ItemCount, Dimension));

        // Twice, as nothing may be left over from one batch to the next.
        for (var batch = 0; batch < 2; batch++)
        {
            rows.Clear();
            var loss = softmax.Loss(embeddings, output, Targets, Negatives, unmet ? Met() : null, Scale, outputGradient, rows);
            Assert.Equal(Expected(), loss, 1e-5);
        }

        var embeddingGradient = new float[embeddings.Length];
        for (var t = 0; t < rows.Touched.Count; t++)
            rows.Row(t).CopyTo(embeddingGradient.AsSpan(rows.Touched[t] * Dimension));
        AssertGradient(outputGradient, output, Expected);
        AssertGradient(embeddingGradient, embeddings, Expected);

        double Expected() => Targets.Select((target, token) => CrossEntropy(
            embeddings, output, token, Negatives.Where(i => i != target && !(unmet && MetBefore(token).Contains(i))),
            Math.Log((ItemCount - 1) / (double)Drawn))).Sum();
    }

    [Fact]
    public void What_came_before_the_window_counts_as_met()
    {
        var runs = Sequences.From(10, [[7, 8], [], [1, 2, 3, 4, 5], [9]]);
        var options = new NextItemOptions { Dimension = 16, MaxLength = 4, Negatives = 16 };
        var part = new EncoderBatchPart(options, runs, new EncoderLayout(options).Size, unmet: true);
        Assert.Equal(2, part.Take(runs, [(4, 3), (0, 2)], 0, 1));
        Assert.Equal(3, part.Tokens);
        Assert.Equal([1, 2, 3], part.Met!.Before(0).ToArray());
        Assert.Equal([1, 2, 3, 4], part.Met.Before(1).ToArray());
        Assert.Equal([7], part.Met.Before(2).ToArray());
    }

    private static (float[] Embeddings, float[] Output) Values()
    {
        var random = new Random(Seed);
        var (embeddings, output) = (new float[ItemCount * Dimension], new float[Targets.Length * Dimension]);
        EncoderLayout.Normal(embeddings, 0.5, random);
        EncoderLayout.Normal(output, 0.5, random);
        return (embeddings, output);
    }

    /// <summary>Targets are the items from the third on.</summary>
    private static MetItems Met()
    {
        var met = new MetItems(Items);
        for (var token = 0; token < Targets.Length; token++)
            met.Add(0, token + 2);
        return met;
    }

    private static int[] MetBefore(int token) => Items[..(token + 2)];

    private static double CrossEntropy(float[] embeddings, float[] output, int token, IEnumerable<int> others, double raised)
    {
        double Score(int item) =>
            Enumerable.Range(0, Dimension).Sum(d => (double)embeddings[item * Dimension + d] * output[token * Dimension + d]);

        var right = Score(Targets[token]);
        return Math.Log(Math.Exp(right) + others.Sum(item => Math.Exp(Score(item) + raised))) - right;
    }

    private static void AssertGradient(float[] gradient, float[] values, Func<double> loss)
    {
        const float Step = 1e-3f;
        for (var at = 0; at < values.Length; at++)
        {
            var kept = values[at];
            values[at] = kept + Step;
            var above = loss();
            values[at] = kept - Step;
            var below = loss();
            values[at] = kept;
            var expected = Scale * (above - below) / (2 * Step);
            Assert.True(Math.Abs(expected - gradient[at]) < 1e-3, $"value {at}: {gradient[at]} against {expected}, seed {Seed}");
        }
    }
}
