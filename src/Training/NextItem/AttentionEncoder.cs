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
    // Parts of a batch, each with its own gradients, added up in order: fixed, so that results do not depend on threads.
    private const int PackTokens = 1_024;

    private readonly NextItemOptions _options;
    private readonly float[] _weights, _embeddings;
    private readonly ThreadLocal<EncoderPass> _passes;

    private AttentionEncoder(NextItemOptions options, float[] weights, float[] embeddings, int itemCount)
    {
        (_options, _weights, _embeddings, ItemCount) = (options, weights, embeddings, itemCount);
        _passes = new ThreadLocal<EncoderPass>(() => new EncoderPass(options, options.MaxLength));
    }

    public int ItemCount { get; }

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

    public static AttentionEncoder Train(Sequences runs, NextItemOptions options, FitContext context)
    {
        options.Check();
        var random = new Random(context.Seed);
        var weights = new EncoderLayout(options).Initial(random);
        var embeddings = new float[runs.ItemCount * options.Dimension];
        EncoderLayout.Normal(embeddings, 0.05, random);
        var state = new TrainingState(options, runs.ItemCount, weights, embeddings);
        var windows = Windows(runs, options.MaxLength);
        for (var epoch = 1; epoch <= options.Epochs; epoch++)
        {
            var loss = state.Epoch(runs, windows, random, context);
            context.Progress?.Invoke(FormattableString.Invariant($"encoder epoch {epoch} of {options.Epochs}, loss {loss:0.0000}"));
        }

        return new AttentionEncoder(options, weights, embeddings, runs.ItemCount);
    }

    /// <summary>Pieces of the runs, cut from the end: each has at most one item more than is read, the last being only answered.</summary>
    private static (int Start, int Length)[] Windows(Sequences runs, int length)
    {
        var windows = new List<(int, int)>();
        for (var r = 0; r < runs.Count; r++)
        {
            for (var end = runs.Offsets[r + 1]; end - runs.Offsets[r] >= 2; end -= length)
                windows.Add((Math.Max(runs.Offsets[r], end - length - 1), Math.Min(length + 1, end - runs.Offsets[r])));
        }

        return [.. windows];
    }

    private static int Capacity(NextItemOptions options) => Math.Max(options.MaxLength, Math.Min(PackTokens, options.BatchTokens));

    private sealed class TrainingState
    {
        private readonly NextItemOptions _options;
        private readonly int _itemCount;
        private readonly float[] _weights, _embeddings;
        private readonly Adam _weightSteps, _embeddingSteps;
        private readonly Pack[] _packs;
        private readonly SparseRows _rows;
        private int _step;

        public TrainingState(NextItemOptions options, int itemCount, float[] weights, float[] embeddings)
        {
            (_options, _itemCount, _weights, _embeddings) = (options, itemCount, weights, embeddings);
            (_weightSteps, _embeddingSteps) = (new Adam(weights.Length, options.LearningRate), new Adam(embeddings.Length, options.LearningRate));
            var packs = Math.Max(1, options.BatchTokens / Capacity(options));
            _packs = [.. Enumerable.Range(0, packs).Select(_ => new Pack(options, itemCount, weights.Length))];
            _rows = new SparseRows(itemCount, options.Dimension);
        }

        public double Epoch(Sequences runs, (int Start, int Length)[] windows, Random random, FitContext context)
        {
            random.Shuffle(windows);
            double loss = 0;
            long tokens = 0;
            for (var next = 0; next < windows.Length;)
            {
                context.CancellationToken.ThrowIfCancellationRequested();
                foreach (var pack in _packs)
                    next = pack.Take(runs, windows, next, random.Next());
                var negatives = new int[_options.Negatives];
                foreach (ref var negative in negatives.AsSpan())
                    negative = random.Next(_itemCount);
                var count = _packs.Sum(static p => p.Tokens);
                Parallel.ForEach(_packs, context.Parallel, pack => pack.Run(_weights, _embeddings, negatives, 1f / count));
                Step();
                loss += _packs.Sum(static p => p.Loss);
                tokens += count;
            }

            return loss / Math.Max(1, tokens);
        }

        private void Step()
        {
            var (weightRate, embeddingRate) = (_weightSteps.RateOf(++_step), _embeddingSteps.RateOf(_step));
            var sum = _packs[0].Gradient;
            for (var p = 1; p < _packs.Length; p++)
                System.Numerics.Tensors.TensorPrimitives.Add<float>(sum, _packs[p].Gradient, sum);
            _weightSteps.Apply(_weights, sum, 0, weightRate);
            _rows.Clear();
            foreach (var pack in _packs)
                _rows.Add(pack.Rows);
            var d = _options.Dimension;
            for (var t = 0; t < _rows.Touched.Count; t++)
                _embeddingSteps.Apply(_embeddings.AsSpan(_rows.Touched[t] * d, d), _rows.Row(t), _rows.Touched[t] * d, embeddingRate);
        }
    }

    /// <summary>Some windows of a batch, and what they say of the gradient.</summary>
    private sealed class Pack(NextItemOptions options, int itemCount, int weights)
    {
        private readonly EncoderPass _pass = new(options, Capacity(options));
        private readonly SampledSoftmax _softmax = new(itemCount, options.Dimension, options.Negatives, Capacity(options));
        private readonly float[] _outputGradient = new float[Capacity(options) * options.Dimension];
        private readonly List<int> _inputs = [], _targets = [], _lengths = [];
        private int _seed;

        public float[] Gradient { get; } = new float[weights];

        public SparseRows Rows { get; } = new(itemCount, options.Dimension);

        public double Loss { get; private set; }

        public int Tokens => _inputs.Count;

        /// <summary>Takes windows from <paramref name="next"/> on while they fit; returns the first that is left.</summary>
        public int Take(Sequences runs, (int Start, int Length)[] windows, int next, int seed)
        {
            _seed = seed;
            _inputs.Clear();
            _targets.Clear();
            _lengths.Clear();
            for (; next < windows.Length && Tokens + windows[next].Length - 1 <= Capacity(options); next++)
            {
                var window = runs.Items.AsSpan(windows[next].Start, windows[next].Length);
                _inputs.AddRange(window[..^1]);
                _targets.AddRange(window[1..]);
                _lengths.Add(window.Length - 1);
            }

            return next;
        }

        public void Run(float[] weights, float[] embeddings, int[] negatives, float scale)
        {
            Array.Clear(Gradient);
            Rows.Clear();
            Loss = 0;
            if (Tokens == 0)
                return;
            var lengths = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_lengths);
            _pass.Forward(weights, embeddings, [.. _inputs], lengths, (float)options.Dropout, (ulong)_seed);
            Loss = _softmax.Loss(embeddings, _pass.Output, [.. _targets], negatives, scale, _outputGradient, Rows);
            _pass.Backward(weights, _outputGradient, Gradient, Rows.Add);
        }
    }
}
