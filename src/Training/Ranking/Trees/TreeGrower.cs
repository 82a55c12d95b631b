using System.Runtime.Intrinsics;

namespace Recs.Training.Ranking.Trees;

/// <summary>
/// Grows one tree at a time leaf by leaf, always splitting the leaf whose split gains most (Shi 2007). A split costs
/// one histogram of the smaller child; the other child's is the parent's less that. Not thread-safe; uses its threads
/// inside a call.
/// </summary>
internal sealed class TreeGrower
{
    // Below this much work a second thread costs more than it brings.
    private const int ParallelWork = 40_000;

    private readonly BinnedTable _table;
    private readonly TreeOptions _options;
    private readonly int[] _rows;
    private readonly int[] _spare;
    private readonly List<Leaf> _leaves = [];
    private readonly Stack<Vector128<int>[]> _histograms = new();
    private readonly SplitFinder[] _finders;
    private readonly bool[] _usable;
    private readonly ParallelOptions _parallel;
    private Gradients _gradients = null!;

    public TreeGrower(BinnedTable table, TreeOptions options, int threads)
    {
        _table = table;
        _options = options;
        _rows = new int[table.Rows];
        _spare = new int[table.Rows];
        _usable = new bool[table.Features.Length];
        _parallel = new ParallelOptions { MaxDegreeOfParallelism = threads };
        _finders = Enumerable.Range(0, table.Blocks.Length).Select(_ => new SplitFinder(options)).ToArray();
    }

    private sealed class Leaf
    {
        public int Start, Count, Depth;
        public LeafSums Sums;
        public Split Best = Split.None;
        public Vector128<int>[]? Histogram;

        // Where the leaf hangs: parent's index in the node list, and on which side.
        public int Parent = -1;
        public bool IsLeft;
    }

    /// <summary>The rows that ended in each leaf of the last tree; rows not grown on are in none.</summary>
    public ReadOnlySpan<int> RowsOf(int leaf) => _rows.AsSpan(_leaves[leaf].Start, _leaves[leaf].Count);

    /// <param name="gradients">Packed.</param>
    /// <param name="rows">Ascending; the rows to grow on.</param>
    /// <param name="random">Draws the features, when only a share is used.</param>
    /// <returns>The tree, its leaf values times the learning rate.</returns>
    public DecisionTree Grow(Gradients gradients, ReadOnlySpan<int> rows, Random random)
    {
        _gradients = gradients;
        rows.CopyTo(_rows);
        Reset();
        DrawFeatures(random);
        var nodes = new TreeNodes();
        var root = new Leaf { Count = rows.Length, Sums = Sum(rows) };
        _leaves.Add(root);
        Evaluate(root, null);
        while (_leaves.Count < _options.Leaves)
        {
            var chosen = -1;
            for (var l = 0; l < _leaves.Count; l++)
            {
                if (_leaves[l].Best.Feature >= 0 && (chosen < 0 || _leaves[l].Best.Gain > _leaves[chosen].Best.Gain))
                    chosen = l;
            }

            if (chosen < 0)
                break;
            Divide(chosen, nodes);
        }

        for (var l = 0; l < _leaves.Count; l++)
            nodes.Attach(_leaves[l].Parent, _leaves[l].IsLeft, ~l);
        return nodes.ToTree(_table, _leaves.Count, LeafValue, l => _leaves[l].Count);
    }

    private void Reset()
    {
        foreach (var leaf in _leaves)
        {
            if (leaf.Histogram is not null)
                _histograms.Push(leaf.Histogram);
        }

        _leaves.Clear();
        foreach (var finder in _finders)
            finder.Use(_gradients);
    }

    private void DrawFeatures(Random random)
    {
        Array.Fill(_usable, true);
        var dropped = (int)((1 - _options.FeatureShare) * _usable.Length);
        for (var d = 0; d < dropped;)
        {
            var f = random.Next(_usable.Length);
            if (!_usable[f])
                continue;
            _usable[f] = false;
            d++;
        }
    }

    private LeafSums Sum(ReadOnlySpan<int> rows)
    {
        long first = 0, second = 0;
        foreach (var row in rows)
        {
            first += _gradients.Packed[row][0];
            second += _gradients.Packed[row][1];
        }

        return new LeafSums(first, second, rows.Length);
    }

    private void Divide(int index, TreeNodes nodes)
    {
        var parent = _leaves[index];
        var split = parent.Best;
        var leftCount = Partition(parent, split);
        var node = nodes.Add(parent.Parent, parent.IsLeft, split, parent.Count);
        var leftSums = Sum(_rows.AsSpan(parent.Start, leftCount));
        var left = new Leaf { Start = parent.Start, Count = leftCount, Depth = parent.Depth + 1, Parent = node, IsLeft = true, Sums = leftSums };
        var right = new Leaf
        {
            Start = parent.Start + leftCount,
            Count = parent.Count - leftCount,
            Depth = parent.Depth + 1,
            Parent = node,
            Sums = new LeafSums(parent.Sums.First - leftSums.First, parent.Sums.Second - leftSums.Second, parent.Count - leftCount),
        };
        _leaves[index] = left;
        _leaves.Add(right);
        var (small, large) = left.Count <= right.Count ? (left, right) : (right, left);
        large.Histogram = parent.Histogram;
        Evaluate(small, large);
    }

    /// <summary>Histograms and best splits of a new leaf and of its sibling, which comes with their parent's histogram.</summary>
    private void Evaluate(Leaf small, Leaf? large)
    {
        if (_leaves.Count == _options.Leaves || _options.Depth > 0 && small.Depth >= _options.Depth)
            return;
        small.Histogram = _histograms.Count > 0 ? _histograms.Pop() : new Vector128<int>[_table.Slots];
        var blocks = _table.Blocks.Length;
        var bests = new (Split Small, Split Large)[blocks];
        void Block(int b)
        {
            Histogram.Build(_table, b, _rows.AsSpan(small.Start, small.Count), _gradients.Packed, small.Histogram);
            bests[b].Small = BestOf(b, small);
            bests[b].Large = Split.None;
            if (large is not null)
            {
                Histogram.Subtract(_table, b, large.Histogram!, small.Histogram);
                bests[b].Large = BestOf(b, large);
            }
        }

        if ((long)small.Count * _table.Features.Length + _table.Slots * 4L < ParallelWork)
        {
            for (var b = 0; b < blocks; b++)
                Block(b);
        }
        else
        {
            Parallel.For(0, blocks, _parallel, Block);
        }

        foreach (var (ofSmall, ofLarge) in bests)
        {
            if (ofSmall.Feature >= 0 && (small.Best.Feature < 0 || ofSmall.Gain > small.Best.Gain))
                small.Best = ofSmall;
            if (large is not null && ofLarge.Feature >= 0 && (large.Best.Feature < 0 || ofLarge.Gain > large.Best.Gain))
                large.Best = ofLarge;
        }
    }

    private Split BestOf(int block, Leaf leaf)
    {
        var best = Split.None;
        if (leaf.Count < 2 * _options.MinRows)
            return best;
        for (var f = _table.BlockStart[block]; f < _table.BlockStart[block + 1]; f++)
        {
            if (!_usable[f])
                continue;
            var slots = leaf.Histogram.AsSpan(_table.SlotStart[f], _table.SlotStart[f + 1] - _table.SlotStart[f]);
            var split = _finders[block].Best(_table.Features[f], f, slots, leaf.Sums);
            if (split.Feature >= 0 && (best.Feature < 0 || split.Gain > best.Gain))
                best = split;
        }

        return best;
    }

    /// <summary>Puts the rows that go left first, both sides in their old order; returns how many go left.</summary>
    private int Partition(Leaf leaf, Split split)
    {
        var column = _table.Columns[split.Feature];
        Span<byte> goesRight = stackalloc byte[256];
        TreeNodes.Sides(_table.Features[split.Feature], split, goesRight);
        var rows = _rows.AsSpan(leaf.Start, leaf.Count);
        int left = 0, right = 0;
        foreach (var row in rows)
        {
            // Written to both sides, kept on one: no branch to mispredict.
            int side = goesRight[column[row]];
            _spare[right] = row;
            rows[left] = row;
            right += side;
            left += 1 - side;
        }

        _spare.AsSpan(0, right).CopyTo(rows[left..]);
        return left;
    }

    private float LeafValue(int leaf)
    {
        // From the exact derivatives, not from the rounded ones of the histograms.
        double first = 0, second = 0;
        foreach (var row in RowsOf(leaf))
        {
            first += _gradients.First[row];
            second += _gradients.Second[row];
        }

        return (float)(-_options.LearningRate * first / (second + _options.L2 + 1e-16));
    }
}
