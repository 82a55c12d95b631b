using System.Numerics.Tensors;

namespace Recs.Training.NextItem;

/// <summary>
/// Cross entropy of the right item against itself and items drawn evenly, whose scores are raised by log((n - 1) / drawn),
/// so that their sum stands for all n - 1 others (Jean et al. 2015). Not thread-safe.
/// </summary>
internal sealed unsafe class SampledSoftmax(int itemCount, int dimension, int drawn, int maxTokens)
{
    private readonly float[] _negatives = new float[drawn * dimension];
    private readonly float[] _transposed = new float[drawn * dimension];
    private readonly float[] _gradients = new float[drawn * dimension];
    private readonly float[] _logits = new float[maxTokens * drawn];

    // Columns by item: the first one, counted from 1, and after each column the next of the same item.
    private readonly int[] _first = new int[itemCount], _next = new int[drawn];

    /// <summary>Fills the output's gradient, adds the embeddings', and returns the summed loss.</summary>
    /// <param name="embeddings">Items x dimension.</param>
    /// <param name="output">Tokens x dimension.</param>
    /// <param name="targets">The right item of each token.</param>
    /// <param name="negatives">Items drawn for the batch, evenly and with repetition.</param>
    /// <param name="met">Items that a token's right one is not told from, or null.</param>
    /// <param name="scale">Of all gradients.</param>
    /// <param name="outputGradient">Tokens x dimension, overwritten.</param>
    /// <param name="rows">Added to.</param>
    public double Loss(
        float[] embeddings, ReadOnlySpan<float> output, int[] targets, int[] negatives, MetItems? met, float scale, float[] outputGradient,
        SparseRows rows)
    {
        for (var n = 0; n < drawn; n++)
        {
            embeddings.AsSpan(negatives[n] * dimension, dimension).CopyTo(_negatives.AsSpan(n * dimension));
            (_next[n], _first[negatives[n]]) = (_first[negatives[n]], n + 1);
        }

        var tokens = targets.Length;
        var correction = MathF.Log((itemCount - 1) / (float)drawn);
        double loss = 0;
        var row = new float[dimension];
        fixed (float* o = output, neg = _negatives, t = _transposed, logits = _logits, grad = outputGradient, into = _gradients)
        {
            DenseKernel.Transpose(neg, dimension, t, drawn, drawn, dimension);
            DenseKernel.Multiply(o, dimension, 1, t, drawn, logits, drawn, tokens, dimension, drawn, add: false);
            var rights = new float[tokens];
            for (var token = 0; token < tokens; token++)
            {
                var right = TensorPrimitives.Dot(output.Slice(token * dimension, dimension), embeddings.AsSpan(targets[token] * dimension, dimension));
                var span = _logits.AsSpan(token * drawn, drawn);
                TensorPrimitives.Add(span, correction, span);
                LeaveOut(targets[token], span);
                if (met is not null)
                {
                    foreach (var item in met.Before(token))
                        LeaveOut(item, span);
                }

                var most = Math.Max(right, TensorPrimitives.Max<float>(span));
                TensorPrimitives.Subtract(span, most, span);
                TensorPrimitives.Exp(span, span);
                var own = MathF.Exp(right - most);
                var total = TensorPrimitives.Sum<float>(span) + own;
                loss += Math.Log(total) - (right - most);
                TensorPrimitives.Multiply(span, scale / total, span);
                rights[token] = scale * (own / total - 1);
            }

            DenseKernel.Multiply(logits, drawn, 1, neg, dimension, grad, dimension, tokens, drawn, dimension, add: false);
            DenseKernel.Multiply(logits, 1, drawn, o, dimension, into, dimension, drawn, tokens, dimension, add: false);
            for (var token = 0; token < tokens; token++)
            {
                var gradient = outputGradient.AsSpan(token * dimension, dimension);
                TensorPrimitives.MultiplyAdd(embeddings.AsSpan(targets[token] * dimension, dimension), rights[token], gradient, gradient);
                TensorPrimitives.Multiply(output.Slice(token * dimension, dimension), rights[token], row);
                rows.Add(targets[token], row);
            }
        }

        for (var n = 0; n < drawn; n++)
        {
            rows.Add(negatives[n], _gradients.AsSpan(n * dimension, dimension));
            _first[negatives[n]] = 0;
        }

        return loss;
    }

    private void LeaveOut(int item, Span<float> scores)
    {
        for (var column = _first[item]; column > 0; column = _next[column - 1])
            scores[column - 1] = float.NegativeInfinity;
    }
}
