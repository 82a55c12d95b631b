using Recs.Training.Evaluation;
using Recs.Training.NextItem;
using Recs.Training.OfflineModels;
using Recs.Training.Tests.Import;

namespace Recs.Training.Tests.NextItem;

public sealed class EncoderTrainingTests
{
    private const int ItemCount = 21, Dimension = 16, Tokens = 70;

    [Fact]
    public void The_full_softmax_equals_its_definition_and_its_gradients_central_differences()
    {
        var random = new Random(5);
        var (embeddings, output) = (new float[ItemCount * Dimension], new float[Tokens * Dimension]);
        EncoderLayout.Normal(embeddings, 0.5, random);
        EncoderLayout.Normal(output, 0.5, random);
        var targets = Enumerable.Range(0, Tokens).Select(_ => random.Next(ItemCount)).ToArray();
        double Plain()
        {
            double loss = 0;
            for (var t = 0; t < Tokens; t++)
            {
                var scores = Enumerable.Range(0, ItemCount)
                    .Select(i => Enumerable.Range(0, Dimension).Sum(f => (double)output[t * Dimension + f] * embeddings[i * Dimension + f])).ToArray();
                loss += Math.Log(scores.Sum(Math.Exp)) - scores[targets[t]];
            }

            return loss;
        }

        var softmax = new FullSoftmax(ItemCount, Dimension);
        var transposed = new float[Dimension * DenseKernel.Padded(ItemCount)];
        FullSoftmax.Transpose(embeddings, ItemCount, Dimension, transposed);
        var (ofOutput, ofEmbeddings) = (new float[output.Length], new float[embeddings.Length]);
        var loss = softmax.Loss(embeddings, transposed, output, targets, null, 1, ofOutput, ofEmbeddings);
        Assert.Equal(Plain(), loss, 1e-3);
        for (var trial = 0; trial < 40; trial++)
        {
            var (o, e) = (random.Next(output.Length), random.Next(embeddings.Length));
            Assert.Equal(Difference(output, o), ofOutput[o], 1e-3);
            Assert.Equal(Difference(embeddings, e), ofEmbeddings[e], 1e-3);
        }

        double Difference(float[] values, int at)
        {
            var kept = values[at];
            values[at] = kept + 0.01f;
            var above = Plain();
            values[at] = kept - 0.01f;
            var below = Plain();
            values[at] = kept;
            return (above - below) / 0.02;
        }
    }

    [Fact]
    public void Every_item_but_a_runs_first_is_answered_once_an_epoch()
    {
        const int Length = 7;
        var random = new Random(8);
        var runs = Sequences.From(5, [.. Enumerable.Range(0, 60).Select(n => new int[n])]);
        for (var epoch = 0; epoch < 20; epoch++)
        {
            var answered = new int[runs.Items.Length];
            foreach (var (start, length) in EncoderTraining.Windows(runs, Length, random))
            {
                Assert.InRange(length, 2, Length + 1);
                for (var at = start + 1; at < start + length; at++)
                    answered[at]++;
            }

            for (var r = 0; r < runs.Count; r++)
            {
                for (var at = runs.Offsets[r]; at < runs.Offsets[r + 1]; at++)
                    Assert.Equal(at == runs.Offsets[r] ? 0 : 1, answered[at]);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    public void A_kept_encoder_scores_as_the_one_that_was_trained_and_a_torn_file_is_trained_anew(int negatives)
    {
        using var folder = new TempFolder();
        var random = new Random(9);
        var runs = Sequences.From(30, [.. Enumerable.Range(0, 40).Select(_ => Enumerable.Range(0, 12).Select(_ => random.Next(30)).ToArray())]);
        var model = new NextItemModel(new NextItemOptions { Dimension = 16, Layers = 1, MaxLength = 8, Negatives = negatives, Epochs = 2, BatchTokens = 64 });
        var epochs = 0;
        var context = new FitContext(Progress: _ => epochs++) { KeptModels = folder.Root };
        var trained = Scores(model.Fit(runs, context));
        Assert.Equal(trained, Scores(model.Fit(runs, context)));
        Assert.Equal(2, epochs);
        var file = Assert.Single(Directory.GetFiles(folder.Root));
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^1]);
        Assert.Equal(trained, Scores(model.Fit(runs, context)));
        Assert.Equal(4, epochs);
        Assert.NotEqual(trained, Scores(model.Fit(runs, context with { Seed = 2 })));

        static float[] Scores(IItemScorer scorer)
        {
            var scores = new float[30];
            scorer.Score(new EvaluationQuery([3, 1, 4], [], 0), scores);
            return scores;
        }
    }
}
