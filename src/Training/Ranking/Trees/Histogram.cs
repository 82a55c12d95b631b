using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Recs.Training.Ranking.Trees;

/// <summary>Sums of packed gradients by slot (feature and bin) over the rows of a leaf, block by block.</summary>
internal static unsafe class Histogram
{
    /// <summary>Overwrites the block's slots with the sums over the given rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Build(
        BinnedTable table, int block, ReadOnlySpan<int> rows, Vector128<int>[] packed, Vector128<int>[] slots)
    {
        var (from, to) = (table.BlockStart[block], table.BlockStart[block + 1]);
        var width = to - from;
        var first = table.SlotStart[from];
        slots.AsSpan(first, table.SlotStart[to] - first).Clear();
        var offsets = stackalloc Vector128<int>*[BinnedTable.MaxBlockWidth];
        fixed (Vector128<int>* into = slots, gradients = packed)
        fixed (byte* bins = table.Blocks[block])
        {
            for (var f = 0; f < width; f++)
                offsets[f] = into + table.SlotStart[from + f];
            foreach (var row in rows)
            {
                var gradient = gradients[row];
                var at = bins + (nint)row * width;
                var f = 0;
                for (; f + 4 <= width; f += 4)
                {
                    offsets[f][at[f]] += gradient;
                    offsets[f + 1][at[f + 1]] += gradient;
                    offsets[f + 2][at[f + 2]] += gradient;
                    offsets[f + 3][at[f + 3]] += gradient;
                }

                for (; f < width; f++)
                    offsets[f][at[f]] += gradient;
            }
        }
    }

    /// <summary>Turns a parent's sums into those of the other child, in place.</summary>
    public static void Subtract(BinnedTable table, int block, Vector128<int>[] parent, Vector128<int>[] child)
    {
        var (from, to) = (table.SlotStart[table.BlockStart[block]], table.SlotStart[table.BlockStart[block + 1]]);
        var less = MemoryMarshal.Cast<Vector128<int>, int>(child.AsSpan(from, to - from));
        var whole = MemoryMarshal.Cast<Vector128<int>, int>(parent.AsSpan(from, to - from));
        System.Numerics.Tensors.TensorPrimitives.Subtract(whole, less, whole);
    }
}
