using System.Numerics.Tensors;
using Recs.Training.Evaluation;
using Recs.Training.OfflineModels;

namespace Recs.Training.NextItem;

/// <summary>Trains the weights and embeddings of an encoder in place. Not thread-safe.</summary>
internal sealed class EncoderTraining
{
    // Share of the training over which the steps grow.
    private const double WarmUp = 0.02;

    private readonly NextItemOptions _options;
    private readonly Sequences _runs;
    private readonly float[] _weights, _embeddings, _transposed;
    private readonly Adam _weightSteps, _embeddingSteps;
    private readonly EncoderBatchPart[] _parts;
    private readonly SparseRows _rows;
    private readonly int _epochs;
    private int _step;

    /// <param name="options">Shape and training.</param>
    /// <param name="runs">Histories.</param>
    /// <param name="weights">Begun.</param>
    /// <param name="embeddings">Begun.</param>
    /// <param name="unmet">Whether the right item is told from unmet ones alone; the epochs are the options' for that.</param>
    public EncoderTraining(NextItemOptions options, Sequences runs, float[] weights, float[] embeddings, bool unmet)
    {
        _epochs = unmet ? options.UnmetEpochs : options.Epochs;
        (_options, _runs, _weights, _embeddings) = (options, runs, weights, embeddings);
        (_weightSteps, _embeddingSteps) = (new Adam(weights.Length, options.LearningRate), new Adam(embeddings.Length, options.LearningRate));
        var parts = Math.Max(1, options.BatchTokens / EncoderBatchPart.Capacity(options));
        _parts = [.. Enumerable.Range(0, parts).Select(_ => new EncoderBatchPart(options, runs, weights.Length, unmet))];
        _rows = new SparseRows(runs.ItemCount, options.Dimension);
        _transposed = options.Negatives == 0 ? new float[options.Dimension * DenseKernel.Padded(runs.ItemCount)] : [];
    }

    /// <summary>Returns the mean loss of a token.</summary>
    public double Epoch(int epoch, Random random, FitContext context)
    {
        var windows = Windows(_runs, _options.MaxLength, random);
        random.Shuffle(windows);
        double loss = 0;
        long tokens = 0;
        for (var next = 0; next < windows.Length;)
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            var done = (epoch - 1 + (double)next / windows.Length) / _epochs;
            foreach (var part in _parts)
                next = part.Take(_runs, windows, next, random.Next());
            var negatives = new int[_options.Negatives];
            foreach (ref var negative in negatives.AsSpan())
                negative = random.Next(_runs.ItemCount);
            if (_options.Negatives == 0)
                FullSoftmax.Transpose(_embeddings, _runs.ItemCount, _options.Dimension, _transposed);
            var count = _parts.Sum(static p => p.Tokens);
            Parallel.ForEach(_parts, context.Parallel, part => part.Run(_weights, _embeddings, _transposed, negatives, 1f / count));
            Step(done < WarmUp ? (done + 1e-3) / WarmUp : 0.5 + 0.5 * Math.Cos(Math.PI * done));
            loss += _parts.Sum(static p => p.Loss);
            tokens += count;
        }

        return loss / Math.Max(1, tokens);
    }

    /// <summary>
    /// Pieces of the runs, cut at places that are drawn anew for each epoch, so that an item is met with much and with
    /// little before it: each has at most one item more than is read, the last being only answered.
    /// </summary>
    internal static (int Start, int Length)[] Windows(Sequences runs, int length, Random random)
    {
        var windows = new List<(int, int)>();
        for (var r = 0; r < runs.Count; r++)
        {
            var (start, end) = (runs.Offsets[r], runs.Offsets[r + 1]);
            for (var next = end - start <= length + 1 ? end : start + 2 + random.Next(length); end - start >= 2; next = Math.Min(end, next + length))
            {
                windows.Add((start, next - start));
                // The item that was answered last begins the next piece.
                start = next - 1;
            }
        }

        return [.. windows];
    }

    private void Step(double share)
    {
        var (weightRate, embeddingRate) = (_weightSteps.RateOf(++_step) * (float)share, _embeddingSteps.RateOf(_step) * (float)share);
        var sum = _parts[0].Gradient;
        for (var p = 1; p < _parts.Length; p++)
            TensorPrimitives.Add<float>(sum, _parts[p].Gradient, sum);
        _weightSteps.Apply(_weights, sum, 0, weightRate);
        if (_options.Negatives == 0)
        {
            var dense = _parts[0].EmbeddingGradient;
            for (var p = 1; p < _parts.Length; p++)
                TensorPrimitives.Add<float>(dense, _parts[p].EmbeddingGradient, dense);
            _embeddingSteps.Apply(_embeddings, dense, 0, embeddingRate);
            return;
        }

        _rows.Clear();
        foreach (var part in _parts)
            _rows.Add(part.Rows);
        var d = _options.Dimension;
        for (var t = 0; t < _rows.Touched.Count; t++)
            _embeddingSteps.Apply(_embeddings.AsSpan(_rows.Touched[t] * d, d), _rows.Row(t), _rows.Touched[t] * d, embeddingRate);
    }
}
