using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Recs.Training.Evaluation;

namespace Recs.Training.NextItem;

/// <summary>
/// Some windows of a batch, and what they say of the gradient. Each part has gradients of its own, which are added up in
/// order, so that results do not depend on threads. Not thread-safe.
/// </summary>
internal sealed class EncoderBatchPart
{
    private const int PartTokens = 1_024;

    private readonly NextItemOptions _options;
    private readonly EncoderPass _pass;
    private readonly SampledSoftmax? _sampled;
    private readonly FullSoftmax? _full;
    private readonly float[] _outputGradient;
    private readonly List<int> _inputs = [], _targets = [], _lengths = [];
    private int _seed;

    public EncoderBatchPart(NextItemOptions options, Sequences runs, int weights, bool unmet)
    {
        var (capacity, d, itemCount) = (Capacity(options), options.Dimension, runs.ItemCount);
        Met = unmet ? new MetItems(runs.Items) : null;
        (_options, _pass, _outputGradient) = (options, new EncoderPass(options, capacity), new float[capacity * d]);
        if (options.Negatives == 0)
            (_full, EmbeddingGradient) = (new FullSoftmax(itemCount, d), new float[itemCount * d]);
        else
            _sampled = new SampledSoftmax(itemCount, d, options.Negatives, capacity);
        (Gradient, Rows) = (new float[weights], new SparseRows(itemCount, d));
    }

    public float[] Gradient { get; }

    /// <summary>Of the embeddings: of those touched, or with all items of all, then items x dimension.</summary>
    public SparseRows Rows { get; }

    public float[] EmbeddingGradient { get; } = [];

    /// <summary>What each token is not told from; null where it is told from every item.</summary>
    public MetItems? Met { get; }

    public double Loss { get; private set; }

    public int Tokens => _inputs.Count;

    public static int Capacity(NextItemOptions options) => Math.Max(options.MaxLength, Math.Min(PartTokens, options.BatchTokens));

    /// <summary>Takes windows from <paramref name="next"/> on while they fit; returns the first that is left.</summary>
    public int Take(Sequences runs, (int Start, int Length)[] windows, int next, int seed)
    {
        _seed = seed;
        _inputs.Clear();
        _targets.Clear();
        _lengths.Clear();
        Met?.Clear();
        for (; next < windows.Length && Tokens + windows[next].Length - 1 <= Capacity(_options); next++)
        {
            var window = runs.Items.AsSpan(windows[next].Start, windows[next].Length);
            _inputs.AddRange(window[..^1]);
            _targets.AddRange(window[1..]);
            _lengths.Add(window.Length - 1);
            if (Met is not null)
                Meet(runs, windows[next]);
        }

        return next;
    }

    private void Meet(Sequences runs, (int Start, int Length) window)
    {
        // A window has two items or more: no run begins with its second one, so the search tells where it would stand.
        var start = runs.Offsets[~Array.BinarySearch(runs.Offsets, window.Start + 1) - 1];
        for (var target = window.Start + 1; target < window.Start + window.Length; target++)
            Met!.Add(start, target);
    }

    public void Run(float[] weights, float[] embeddings, float[] transposed, int[] negatives, float scale)
    {
        Array.Clear(Gradient);
        Array.Clear(EmbeddingGradient);
        Rows.Clear();
        Loss = 0;
        if (Tokens == 0)
            return;
        _pass.Forward(weights, embeddings, [.. _inputs], CollectionsMarshal.AsSpan(_lengths), (float)_options.Dropout, (ulong)_seed);
        if (_full is null)
        {
            Loss = _sampled!.Loss(embeddings, _pass.Output, [.. _targets], negatives, Met, scale, _outputGradient, Rows);
            _pass.Backward(weights, _outputGradient, Gradient, Rows.Add);
            return;
        }

        Loss = _full.Loss(
            embeddings, transposed, _pass.Output, CollectionsMarshal.AsSpan(_targets), Met, scale, _outputGradient, EmbeddingGradient);
        var d = _options.Dimension;
        _pass.Backward(weights, _outputGradient, Gradient, (item, gradient) =>
        {
            var row = EmbeddingGradient.AsSpan(item * d, d);
            TensorPrimitives.Add(row, gradient, row);
        });
    }
}
