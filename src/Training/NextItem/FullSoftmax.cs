using System.Numerics.Tensors;

namespace Recs.Training.NextItem;

/// <summary>Cross entropy of the right item against all items, a few tokens at a time. Not thread-safe.</summary>
internal sealed unsafe class FullSoftmax(int itemCount, int dimension)
{
    // Their scores stay within a core's second cache with a few thousand items.
    private const int ChunkTokens = 64;

    private readonly int _padded = DenseKernel.Padded(itemCount);
    private readonly float[] _logits = new float[ChunkTokens * DenseKernel.Padded(itemCount)];

    /// <summary>The embeddings as columns, which all passes of a batch share: dimension x padded items.</summary>
    public static void Transpose(float[] embeddings, int itemCount, int dimension, float[] to)
    {
        var padded = DenseKernel.Padded(itemCount);
        fixed (float* from = embeddings, into = to)
            DenseKernel.Transpose(from, dimension, into, padded, itemCount, dimension);
    }

    /// <summary>Fills the output's gradient, adds the embeddings', and returns the summed loss.</summary>
    /// <param name="embeddings">Items x dimension.</param>
    /// <param name="transposed">By <see cref="Transpose"/>.</param>
    /// <param name="output">Tokens x dimension.</param>
    /// <param name="targets">The right item of each token.</param>
    /// <param name="met">Items that a token's right one is not told from, or null.</param>
    /// <param name="scale">Of all gradients.</param>
    /// <param name="outputGradient">Tokens x dimension, overwritten.</param>
    /// <param name="embeddingGradient">Items x dimension, added to.</param>
    public double Loss(
        float[] embeddings, float[] transposed, ReadOnlySpan<float> output, ReadOnlySpan<int> targets, MetItems? met, float scale,
        float[] outputGradient, float[] embeddingGradient)
    {
        double loss = 0;
        fixed (float* e = embeddings, t = transposed, o = output, logits = _logits, grad = outputGradient, into = embeddingGradient)
        {
            for (var first = 0; first < targets.Length; first += ChunkTokens)
            {
                var count = Math.Min(ChunkTokens, targets.Length - first);
                var own = o + first * dimension;
                DenseKernel.Multiply(own, dimension, 1, t, _padded, logits, _padded, count, dimension, _padded, add: false);
                for (var token = 0; token < count; token++)
                {
                    var scores = _logits.AsSpan(token * _padded, itemCount);
                    if (met is not null)
                        LeaveOut(met.Before(first + token), targets[first + token], scores);
                    loss += Softmax(scores, targets[first + token], scale);
                }

                DenseKernel.Multiply(logits, _padded, 1, e, dimension, grad + first * dimension, dimension, count, itemCount, dimension, add: false);
                DenseKernel.Multiply(logits, 1, _padded, own, dimension, into, dimension, itemCount, count, dimension, add: true);
            }
        }

        return loss;
    }

    private static void LeaveOut(ReadOnlySpan<int> items, int target, Span<float> scores)
    {
        var right = scores[target];
        foreach (var item in items)
            scores[item] = float.NegativeInfinity;
        scores[target] = right;
    }

    /// <summary>Turns scores into the gradient by them; returns the loss.</summary>
    private static double Softmax(Span<float> scores, int target, float scale)
    {
        var most = TensorPrimitives.Max<float>(scores);
        var right = scores[target] - most;
        TensorPrimitives.Subtract(scores, most, scores);
        TensorPrimitives.Exp(scores, scores);
        var total = TensorPrimitives.Sum<float>(scores);
        TensorPrimitives.Multiply(scores, scale / total, scores);
        scores[target] -= scale;
        return Math.Log(total) - right;
    }
}
