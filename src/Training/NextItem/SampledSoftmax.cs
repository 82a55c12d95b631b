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

    /// <summary>Fills the output's gradient, adds the embeddings', and returns the summed loss.</summary>
    /// <param name="embeddings">Items x dimension.</param>
    /// <param name="output">Tokens x dimension.</param>
    /// <param name="targets">The right item of each token.</param>
    /// <param name="negatives">Items drawn for the batch, evenly and with repetition.</param>
    /// <param name="scale">Of all gradients.</param>
    /// <param name="outputGradient">Tokens x dimension, overwritten.</param>
    /// <param name="rows">Added to.</param>
    public double Loss(
        float[] embeddings, ReadOnlySpan<float> output, int[] targets, int[] negatives, float scale, float[] outputGradient, SparseRows rows)
    {
        for (var n = 0; n < drawn; n++)
            embeddings.AsSpan(negatives[n] * dimension, dimension).CopyTo(_negatives.AsSpan(n * dimension));
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
                for (var n = 0; n < drawn; n++)
                    span[n] = negatives[n] == targets[token] ? float.NegativeInfinity : span[n] + correction;
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
            rows.Add(negatives[n], _gradients.AsSpan(n * dimension, dimension));
        return loss;
    }
}
