using Recs.Training.Evaluation;

namespace Recs.Training.Linear;

/// <summary>
/// Rows of item-by-item sums over the runs of a training set, one at a time, from the places of one item. Memory: the
/// places, and one row of sums. Not thread-safe; the <see cref="Index"/> is shared.
/// </summary>
internal sealed class PairCounts(PairCounts.Index places, PairKernel kernel, double together)
{
    private readonly float[] _sums = new float[places.Runs.ItemCount];
    private readonly List<int> _touched = [];

    /// <summary>Items of the last row.</summary>
    public IReadOnlyList<int> Touched => _touched;

    public float this[int item] => _sums[item];

    /// <summary>Sums of weights of <paramref name="item"/> and every item when both are of the past: a row of X'X.</summary>
    public void PastRow(int item) => Fill(item, next: false);

    /// <summary>Sums where <paramref name="item"/> is of the past and the other of the future: a row of X'T.</summary>
    public void NextRow(int item) => Fill(item, next: true);

    private void Fill(int item, bool next)
    {
        foreach (var other in _touched)
            _sums[other] = 0;
        _touched.Clear();
        var flat = (float)together;
        var ordered = (float)(1 - together);
        foreach (var place in places.Of(item))
        {
            var run = places.RunOf[place];
            var weight = places.Weights[run];
            var (start, end) = (places.Runs.Offsets[run], places.Runs.Offsets[run + 1]);
            if (flat > 0)
            {
                for (var q = start; q < end; q++)
                    Add(places.Runs.Items[q], flat * weight);
            }

            if (ordered <= 0)
                continue;
            var from = next ? place + 1 : Math.Max(start, place - kernel.Window);
            for (var q = from; q < Math.Min(end, place + kernel.Window + 1); q++)
            {
                var value = next ? kernel.Next(q - place) : kernel.Past(Math.Abs(q - place), end - 1 - Math.Max(q, place));
                Add(places.Runs.Items[q], ordered * weight * value);
            }
        }
    }

    private void Add(int item, float value)
    {
        if (value == 0)
            return;
        if (_sums[item] == 0)
            _touched.Add(item);
        _sums[item] += value;
    }

    /// <summary>Where each item is, and what each run counts.</summary>
    internal sealed class Index
    {
        private readonly int[] _offsets, _places;

        /// <param name="runs">What to count.</param>
        /// <param name="weights">One per run, 0 or more.</param>
        public Index(Sequences runs, float[] weights)
        {
            (Runs, Weights) = (runs, weights);
            RunOf = new int[runs.Items.Length];
            for (var r = 0; r < runs.Count; r++)
                RunOf.AsSpan(runs.Offsets[r], runs.Offsets[r + 1] - runs.Offsets[r]).Fill(r);
            _offsets = new int[runs.ItemCount + 1];
            foreach (var item in runs.Items)
                _offsets[item + 1]++;
            for (var i = 0; i < runs.ItemCount; i++)
                _offsets[i + 1] += _offsets[i];
            _places = new int[runs.Items.Length];
            var next = _offsets.AsSpan(0, runs.ItemCount).ToArray();
            for (var place = 0; place < runs.Items.Length; place++)
                _places[next[runs.Items[place]]++] = place;
        }

        public Sequences Runs { get; }

        public float[] Weights { get; }

        public int[] RunOf { get; }

        public ReadOnlySpan<int> Of(int item) => _places.AsSpan(_offsets[item], _offsets[item + 1] - _offsets[item]);
    }
}
