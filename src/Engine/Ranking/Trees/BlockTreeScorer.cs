using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Recs.Engine.Ranking.Trees;

/// <summary>
/// Scores 64 rows at a time: values become bytes (their place among the feature's thresholds) once a page, then each
/// node of each tree splits the set of rows that reached it by one comparison of 64 bytes. No branch depends on data.
/// Values equal <see cref="TreeEnsemble.Score"/> bit for bit. Immutable and thread-safe; scratch is kept by thread.
/// </summary>
public sealed class BlockTreeScorer
{
    private const int Block = 64, MaxLeaves = 64;

    [ThreadStatic]
    private static Scratch? _scratch;

    private readonly TreeEnsemble _ensemble;
    private readonly int[] _features;
    private readonly ThresholdTable[] _tables;
    private readonly Node[] _nodes;
    private readonly int[] _starts;
    private readonly float[] _leaves;

    private BlockTreeScorer(TreeEnsemble ensemble, int[] features, ThresholdTable[] tables)
    {
        _ensemble = ensemble;
        _features = features;
        _tables = tables;
        var columnOf = new int[ensemble.Features];
        for (var c = 0; c < features.Length; c++)
            columnOf[features[c]] = c;
        var nodes = new List<Node>();
        _starts = new int[ensemble.Trees.Count + 1];
        _leaves = new float[ensemble.Trees.Count * MaxLeaves];
        for (var t = 0; t < ensemble.Trees.Count; t++)
        {
            var tree = ensemble.Trees[t];
            tree.LeafValue.CopyTo(_leaves, t * MaxLeaves);
            for (var n = 0; n < tree.Nodes; n++)
            {
                var column = columnOf[tree.Feature[n]];
                var bin = tables[column].BinOf(tree.Threshold[n]);
                // Missing goes left where it is the smallest byte, right where it is the largest.
                nodes.Add(new Node
                {
                    Column = column * 2 + (tree.MissingLeft[n] ? 1 : 0),
                    Bin = (byte)(tree.MissingLeft[n] ? bin + 1 : bin),
                    Left = Slot(tree.Left[n]),
                    Right = Slot(tree.Right[n]),
                });
            }

            _starts[t + 1] = nodes.Count;
        }

        _nodes = [.. nodes];

        static short Slot(int child) => (short)(child >= 0 ? child : MaxLeaves + ~child);
    }

    // Leaves have their sets behind those of the inner nodes, so that no branch asks which a child is.
    private struct Node
    {
        public int Column;
        public short Left, Right;
        public byte Bin;
    }

    private sealed class Scratch
    {
        public byte[] Bins = [];
        public float[] Column = [];
        public readonly byte[] Sets = GC.AllocateArray<byte>(2 * MaxLeaves * Block, pinned: true);
        public readonly float[] Sums = new float[Block];
    }

    /// <summary>True where the processor has the instructions that it is written for.</summary>
    public static bool IsSupported => Avx512BW.IsSupported;

    /// <summary>A scorer, or null when the processor or the ensemble (over 64 leaves, over 253 thresholds on a feature, categories) rules it out.</summary>
    public static BlockTreeScorer? TryCreate(TreeEnsemble ensemble)
    {
        if (!IsSupported)
            return null;
        var thresholds = new SortedSet<float>[ensemble.Features];
        foreach (var tree in ensemble.Trees)
        {
            if (tree.Leaves > MaxLeaves || tree.Categories is not null)
                return null;
            for (var n = 0; n < tree.Nodes; n++)
                (thresholds[tree.Feature[n]] ??= []).Add(tree.Threshold[n]);
        }

        var features = Enumerable.Range(0, ensemble.Features).Where(f => thresholds[f] is not null).ToArray();
        if (features.Any(f => thresholds[f].Count > ThresholdTable.MaxThresholds))
            return null;
        return new BlockTreeScorer(ensemble, features, Array.ConvertAll(features, f => new ThresholdTable([.. thresholds[f]])));
    }

    /// <summary>Scores <paramref name="count"/> rows of the ensemble's width, row-major.</summary>
    public void Score(ReadOnlySpan<float> rows, int count, Span<float> scores)
    {
        var scratch = _scratch ??= new Scratch();
        var padded = (count + Block - 1) / Block * Block;
        var bytes = padded * 2 * _features.Length;
        if (scratch.Bins.Length < bytes)
            scratch.Bins = new byte[bytes];
        if (scratch.Column.Length < padded)
            scratch.Column = new float[padded];
        FillBins(rows, count, padded, scratch);
        for (var start = 0; start < count; start += Block)
        {
            ScoreBlock(scratch, padded, start);
            scratch.Sums.AsSpan(0, Math.Min(Block, count - start)).CopyTo(scores[start..]);
        }
    }

    private void FillBins(ReadOnlySpan<float> rows, int count, int padded, Scratch scratch)
    {
        var width = _ensemble.Features;
        var column = scratch.Column.AsSpan(0, count);
        for (var c = 0; c < _features.Length; c++)
        {
            var bins = scratch.Bins.AsSpan(c * 2 * padded, padded);
            var shifted = scratch.Bins.AsSpan((c * 2 + 1) * padded, padded);
            var first = rows[_features[c]];
            var differs = false;
            for (int i = 0, at = _features[c]; i < count; i++, at += width)
            {
                column[i] = rows[at];
                differs |= BitConverter.SingleToInt32Bits(rows[at]) != BitConverter.SingleToInt32Bits(first);
            }

            if (differs)
            {
                _tables[c].Fill(column, bins, shifted);
            }
            else
            {
                // What belongs to the user is the same in every row of a page: looked up once.
                var (bin, above) = _tables[c].Bytes(first);
                bins.Fill(bin);
                shifted.Fill(above);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe void ScoreBlock(Scratch scratch, int padded, int start)
    {
        fixed (byte* bins = scratch.Bins, sets = scratch.Sets)
        fixed (float* leaves = _leaves, sums = scratch.Sums)
        fixed (Node* all = _nodes)
        {
            var columns = bins + start;
            var s0 = Vector512.Create(_ensemble.BaseScore);
            var (s1, s2, s3) = (s0, s0, s0);
            for (var t = 0; t + 1 < _starts.Length; t++)
            {
                Vector512<byte>.AllBitsSet.Store(sets);
                var leaf = Vector512<byte>.Zero;
                var node = all + _starts[t];
                var end = all + _starts[t + 1];
                for (var set = sets; node < end; node++, set += Block)
                {
                    var reached = Vector512.Load(set);
                    var goes = Vector512.LessThanOrEqual(Vector512.Load(columns + node->Column * (nint)padded), Vector512.Create(node->Bin));
                    (reached & goes).Store(sets + node->Left * Block);
                    Vector512.AndNot(reached, goes).Store(sets + node->Right * Block);
                }

                // A row is in one leaf's set: the leaf's number is what is left of all of them.
                var leafSets = sets + MaxLeaves * Block;
                var last = _starts[t + 1] - _starts[t];
                for (var l = 1; l <= last; l++)
                    leaf |= Vector512.Load(leafSets + l * Block) & Vector512.Create((byte)l);

                var values = leaves + t * MaxLeaves;
                var (v0, v1) = (Vector512.Load(values), Vector512.Load(values + 16));
                var (v2, v3) = (Vector512.Load(values + 32), Vector512.Load(values + 48));
                s0 += Look(leaf.GetLower().GetLower(), v0, v1, v2, v3);
                s1 += Look(leaf.GetLower().GetUpper(), v0, v1, v2, v3);
                s2 += Look(leaf.GetUpper().GetLower(), v0, v1, v2, v3);
                s3 += Look(leaf.GetUpper().GetUpper(), v0, v1, v2, v3);
            }

            s0.Store(sums);
            s1.Store(sums + 16);
            s2.Store(sums + 32);
            s3.Store(sums + 48);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Look(
        Vector128<byte> leaf, Vector512<float> v0, Vector512<float> v1, Vector512<float> v2, Vector512<float> v3)
    {
        var at = Avx512F.ConvertToVector512Int32(leaf);
        var low = Avx512F.PermuteVar16x32x2(v0, at, v1);
        var high = Avx512F.PermuteVar16x32x2(v2, at, v3);
        return Vector512.ConditionalSelect(Vector512.GreaterThan(at, Vector512.Create(31)).AsSingle(), high, low);
    }
}
