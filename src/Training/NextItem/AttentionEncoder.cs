using Recs.Training.Evaluation;
using Recs.Training.OfflineModels;

namespace Recs.Training.NextItem;

/// <summary>
/// Tells the next item from the order of a history: causal self-attention (SASRec, Kang and McAuley 2018) trained with a
/// softmax over drawn items. Training follows from data, options and seed, on any number of threads. Immutable once
/// trained; scoring is thread-safe.
/// </summary>
public sealed class AttentionEncoder
{
    private const int UnmetDraws = 0x5EED;

    private readonly NextItemOptions _options;
    private readonly float[] _weights, _embeddings;
    private readonly ThreadLocal<EncoderPass> _passes;

    internal AttentionEncoder(NextItemOptions options, float[] weights, float[] embeddings, int itemCount)
    {
        (_options, _weights, _embeddings, ItemCount) = (options, weights, embeddings, itemCount);
        _passes = new ThreadLocal<EncoderPass>(() => new EncoderPass(options, options.MaxLength));
    }

    public int ItemCount { get; }

    /// <summary>As <see cref="EncoderLayout"/> says, then items x dimension.</summary>
    internal (float[] Weights, float[] Embeddings) Values => (_weights, _embeddings);

    /// <summary>Scores every item as the next one after a history of at least one item.</summary>
    public void Score(ReadOnlySpan<int> history, Span<float> scores)
    {
        var items = history[Math.Max(0, history.Length - _options.MaxLength)..].ToArray();
        var pass = _passes.Value!;
        pass.Forward(_weights, _embeddings, items, [items.Length], 0, 0);
        var d = _options.Dimension;
        var last = pass.Output.Slice((items.Length - 1) * d, d);
        for (var item = 0; item < ItemCount; item++)
            scores[item] = System.Numerics.Tensors.TensorPrimitives.Dot<float>(last, _embeddings.AsSpan(item * d, d));
    }

    /// <param name="runs">Histories.</param>
    /// <param name="options">Shape and training.</param>
    /// <param name="context">Seed, threads, progress.</param>
    /// <param name="judge">Asked after every epoch for words on the encoder so far, or null.</param>
    public static AttentionEncoder Train(Sequences runs, NextItemOptions options, FitContext context, Func<AttentionEncoder, string>? judge = null)
    {
        options.Check();
        var random = new Random(context.Seed);
        var weights = new EncoderLayout(options).Initial(random);
        var embeddings = new float[runs.ItemCount * options.Dimension];
        EncoderLayout.Normal(embeddings, 0.05, random);
        var encoder = new AttentionEncoder(options, weights, embeddings, runs.ItemCount);
        var training = new EncoderTraining(options, runs, weights, embeddings, unmet: false);
        for (var epoch = 1; epoch <= options.Epochs; epoch++)
        {
            var loss = training.Epoch(epoch, random, context);
            context.Progress?.Invoke(FormattableString.Invariant($"encoder epoch {epoch} of {options.Epochs}, loss {loss:0.0000}") + judge?.Invoke(encoder));
        }

        return options.UnmetEpochs > 0 ? encoder.TrainUnmet(runs, options, context, judge) : encoder;
    }

    /// <summary>
    /// The second half of the training, from an encoder that has been through the first; <see cref="Train"/> goes through both.
    /// Leaves this encoder as it is.
    /// </summary>
    /// <param name="runs">Histories, those of the first half.</param>
    /// <param name="options">Of this encoder, with epochs over unmet items.</param>
    /// <param name="context">Seed, threads, progress.</param>
    /// <param name="judge">As for <see cref="Train"/>.</param>
    public AttentionEncoder TrainUnmet(Sequences runs, NextItemOptions options, FitContext context, Func<AttentionEncoder, string>? judge = null)
    {
        options.Check();
        // Draws of its own, so that it goes the same way from a kept encoder.
        var random = new Random(context.Seed ^ UnmetDraws);
        var (weights, embeddings) = ((float[])_weights.Clone(), (float[])_embeddings.Clone());
        var encoder = new AttentionEncoder(options, weights, embeddings, ItemCount);
        var training = new EncoderTraining(options, runs, weights, embeddings, unmet: true);
        for (var epoch = 1; epoch <= options.UnmetEpochs; epoch++)
        {
            var loss = training.Epoch(epoch, random, context);
            context.Progress?.Invoke(FormattableString.Invariant($"encoder epoch {epoch} of {options.UnmetEpochs} over unmet items, loss {loss:0.0000}") + judge?.Invoke(encoder));
        }

        return encoder;
    }
}
