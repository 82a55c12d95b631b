using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Recs.Engine.Ranking.Deep;

/// <summary>
/// Single-precision matrix products C = A B or C += A B, B packed beforehand in panels of 32 columns. A is read in place
/// with any strides, so a transpose costs nothing. Registers hold 8 x 32 of C (Goto and van de Geijn 2008). Where there
/// is no AVX-512 a plain loop over rows does the same. Thread-safe.
/// </summary>
internal static unsafe class Gemm
{
    public const int Panel = 32;

    private const int Rows = 8;

    public static int PackedLength(int k, int n) => (n + Panel - 1) / Panel * Panel * k;

    /// <summary>Packs B (k x n, element (i, j) at i rowStride + j columnStride), the last panel filled up with zeros.</summary>
    public static void Pack(ReadOnlySpan<float> b, int rowStride, int columnStride, int k, int n, Span<float> packed)
    {
        for (var first = 0; first < n; first += Panel)
        {
            var width = Math.Min(Panel, n - first);
            var panel = packed.Slice(first * k, k * Panel);
            if (width < Panel)
                panel.Clear();
            if (columnStride == 1)
            {
                for (var i = 0; i < k; i++)
                    b.Slice(i * rowStride + first, width).CopyTo(panel[(i * Panel)..]);
                continue;
            }

            for (var j = 0; j < width; j++)
            {
                var from = (first + j) * columnStride;
                for (var i = 0; i < k; i++)
                    panel[i * Panel + j] = b[from + i * rowStride];
            }
        }
    }

    /// <param name="a">m x k, element (i, p) at i rowStride + p columnStride.</param>
    /// <param name="rowStride">Between rows of A.</param>
    /// <param name="columnStride">Between columns of A.</param>
    /// <param name="m">Rows of A and C.</param>
    /// <param name="k">Columns of A, rows of B.</param>
    /// <param name="packed">B by <see cref="Pack"/>.</param>
    /// <param name="n">Columns of B and C.</param>
    /// <param name="c">m x n, row-major, rows <paramref name="stride"/> apart.</param>
    /// <param name="stride">Between rows of C.</param>
    /// <param name="add">Adds to C instead of overwriting it.</param>
    public static void Multiply(
        ReadOnlySpan<float> a, int rowStride, int columnStride, int m, int k, ReadOnlySpan<float> packed, int n,
        Span<float> c, int stride, bool add)
    {
        if (m == 0 || n == 0)
            return;
        if (a.Length < (m - 1) * (long)rowStride + (k - 1) * (long)columnStride + 1 || packed.Length < PackedLength(k, n) || c.Length < (m - 1) * (long)stride + n)
            throw new ArgumentException($"a product of {m} x {k} by {k} x {n} does not fit its {a.Length}, {packed.Length} and {c.Length} values.");
        fixed (float* pa = a, pb = packed, pc = c)
            Run(pa, rowStride, columnStride, m, k, pb, n, add ? pc : null, stride, pc, stride);
    }

    /// <summary>C = A B with a row added to each of its rows, A's columns next to each other; what a layer with a bias is.</summary>
    /// <param name="a">m x k, row-major, rows <paramref name="rowStride"/> apart.</param>
    /// <param name="rowStride">Between rows of A.</param>
    /// <param name="m">Rows of A and C.</param>
    /// <param name="k">Columns of A, rows of B.</param>
    /// <param name="packed">B by <see cref="Pack"/>.</param>
    /// <param name="n">Columns of B and C.</param>
    /// <param name="start">n numbers.</param>
    /// <param name="c">m x n, row-major, rows <paramref name="stride"/> apart.</param>
    /// <param name="stride">Between rows of C.</param>
    public static void MultiplyFrom(
        ReadOnlySpan<float> a, int rowStride, int m, int k, ReadOnlySpan<float> packed, int n, ReadOnlySpan<float> start, Span<float> c, int stride)
    {
        if (m == 0 || n == 0)
            return;
        if (a.Length < (m - 1) * (long)rowStride + k || packed.Length < PackedLength(k, n) || start.Length < n || c.Length < (m - 1) * (long)stride + n)
            throw new ArgumentException($"a product of {m} x {k} by {k} x {n} from {start.Length} numbers does not fit its {a.Length}, {packed.Length} and {c.Length} values.");
        fixed (float* pa = a, pb = packed, ps = start, pc = c)
            Run(pa, rowStride, 1, m, k, pb, n, ps, 0, pc, stride);
    }

    // Each element of C begins at the start's of its row, or at 0 where there is no start.
    private static void Run(
        float* a, nint rowStride, nint columnStride, int m, int k, float* packed, int n, float* start, nint startStride, float* c, int stride)
    {
        if (Vector512.IsHardwareAccelerated)
            Blocks(a, rowStride, columnStride, m, k, packed, n, start, startStride, c, stride);
        else
            Plain(a, rowStride, columnStride, m, k, packed, n, start, startStride, c, stride);
    }

    /// <summary>The plain twin.</summary>
    internal static void Plain(
        float* a, nint rowStride, nint columnStride, int m, int k, float* packed, int n, float* start, nint startStride, float* c, int stride)
    {
        for (var i = 0; i < m; i++)
        {
            for (var first = 0; first < n; first += Panel)
            {
                var into = new Span<float>(c + (nint)i * stride + first, Math.Min(Panel, n - first));
                if (start is null)
                    into.Clear();
                else
                    new ReadOnlySpan<float>(start + i * startStride + first, into.Length).CopyTo(into);
                for (var p = 0; p < k; p++)
                {
                    var row = new ReadOnlySpan<float>(packed + first * (nint)k + p * Panel, into.Length);
                    TensorPrimitives.MultiplyAdd(row, a[i * rowStride + p * columnStride], into, into);
                }
            }
        }
    }

    private static void Blocks(
        float* a, nint rowStride, nint columnStride, int m, int k, float* packed, int n, float* start, nint startStride, float* c, int stride)
    {
        var add = start is not null;
        var edge = stackalloc float[Rows * Panel];
        // One panel of B stays in the first cache while all of A passes.
        for (var first = 0; first < n; first += Panel)
        {
            var panel = packed + first * (nint)k;
            var columns = Math.Min(Panel, n - first);
            for (var i = 0; i < m; i += Rows)
            {
                var rows = Math.Min(Rows, m - i);
                var at = a + i * rowStride;
                var into = c + (nint)i * stride + first;
                var from = add ? start + i * startStride + first : null;
                if (rows == Rows && columns == Panel)
                {
                    Kernel(at, rowStride, columnStride, k, panel, from, startStride, into, stride);
                    continue;
                }

                // Rows and columns past the end are computed aside: rows that do not exist read the first one.
                for (var r = 0; r < rows; r++)
                {
                    for (var j = 0; j < columns && add; j++)
                        edge[r * Panel + j] = from[r * startStride + j];
                }

                if (columns <= Panel / 2 && rows == Rows)
                {
                    HalfKernel(at, rowStride, columnStride, k, panel, edge, add);
                }
                else if (rows == Rows)
                {
                    Kernel(at, rowStride, columnStride, k, panel, add ? edge : null, Panel, edge, Panel);
                }
                else
                {
                    var r = 0;
                    for (; r + 4 <= rows; r += 4)
                        FourRows(at + r * rowStride, rowStride, columnStride, k, panel, edge + r * Panel, add);
                    for (; r < rows; r++)
                        OneRow(at + r * rowStride, columnStride, k, panel, edge + r * Panel, add);
                }

                for (var r = 0; r < rows; r++)
                    new Span<float>(edge + r * Panel, columns).CopyTo(new Span<float>(into + (nint)r * stride, columns));
            }
        }
    }

    private static void OneRow(float* a, nint columnStride, int k, float* panel, float* c, bool add)
    {
        var low = add ? Vector512.Load(c) : Vector512<float>.Zero;
        var high = add ? Vector512.Load(c + 16) : Vector512<float>.Zero;
        for (var p = 0; p < k; p++, panel += Panel, a += columnStride)
        {
            var x = Vector512.Create(*a);
            low = Vector512.FusedMultiplyAdd(x, Vector512.Load(panel), low);
            high = Vector512.FusedMultiplyAdd(x, Vector512.Load(panel + 16), high);
        }

        low.Store(c);
        high.Store(c + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows(float* a, nint rowStride, nint columnStride, int k, float* panel, float* c, bool add)
    {
        var (l0, h0) = Start(c, add);
        var (l1, h1) = Start(c + Panel, add);
        var (l2, h2) = Start(c + 2 * Panel, add);
        var (l3, h3) = Start(c + 3 * Panel, add);
        var r3 = 3 * rowStride;
        for (var p = 0; p < k; p++, panel += Panel, a += columnStride)
        {
            var (low, high) = (Vector512.Load(panel), Vector512.Load(panel + 16));
            var x = Vector512.Create(*a);
            l0 = Vector512.FusedMultiplyAdd(x, low, l0);
            h0 = Vector512.FusedMultiplyAdd(x, high, h0);
            x = Vector512.Create(a[rowStride]);
            l1 = Vector512.FusedMultiplyAdd(x, low, l1);
            h1 = Vector512.FusedMultiplyAdd(x, high, h1);
            x = Vector512.Create(a[2 * rowStride]);
            l2 = Vector512.FusedMultiplyAdd(x, low, l2);
            h2 = Vector512.FusedMultiplyAdd(x, high, h2);
            x = Vector512.Create(a[r3]);
            l3 = Vector512.FusedMultiplyAdd(x, low, l3);
            h3 = Vector512.FusedMultiplyAdd(x, high, h3);
        }

        l0.Store(c);
        h0.Store(c + 16);
        l1.Store(c + Panel);
        h1.Store(c + Panel + 16);
        l2.Store(c + 2 * Panel);
        h2.Store(c + 2 * Panel + 16);
        l3.Store(c + 3 * Panel);
        h3.Store(c + 3 * Panel + 16);
    }

    // The last panel of a matrix may have 16 columns or fewer: half the work.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void HalfKernel(float* a, nint rowStride, nint columnStride, int k, float* panel, float* c, bool add)
    {
        var (l0, l1, l2, l3) = (Start(c, add).Low, Start(c + Panel, add).Low, Start(c + 2 * Panel, add).Low, Start(c + 3 * Panel, add).Low);
        var (l4, l5, l6, l7) = (Start(c + 4 * Panel, add).Low, Start(c + 5 * Panel, add).Low, Start(c + 6 * Panel, add).Low, Start(c + 7 * Panel, add).Low);
        var (r3, r4) = (3 * rowStride, 4 * rowStride);
        for (var p = 0; p < k; p++, panel += Panel, a += columnStride)
        {
            var low = Vector512.Load(panel);
            var b = a + r4;
            l0 = Vector512.FusedMultiplyAdd(Vector512.Create(*a), low, l0);
            l1 = Vector512.FusedMultiplyAdd(Vector512.Create(a[rowStride]), low, l1);
            l2 = Vector512.FusedMultiplyAdd(Vector512.Create(a[2 * rowStride]), low, l2);
            l3 = Vector512.FusedMultiplyAdd(Vector512.Create(a[r3]), low, l3);
            l4 = Vector512.FusedMultiplyAdd(Vector512.Create(*b), low, l4);
            l5 = Vector512.FusedMultiplyAdd(Vector512.Create(b[rowStride]), low, l5);
            l6 = Vector512.FusedMultiplyAdd(Vector512.Create(b[2 * rowStride]), low, l6);
            l7 = Vector512.FusedMultiplyAdd(Vector512.Create(b[r3]), low, l7);
        }

        l0.Store(c);
        l1.Store(c + Panel);
        l2.Store(c + 2 * Panel);
        l3.Store(c + 3 * Panel);
        l4.Store(c + 4 * Panel);
        l5.Store(c + 5 * Panel);
        l6.Store(c + 6 * Panel);
        l7.Store(c + 7 * Panel);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> Low, Vector512<float> High) Start(float* c, bool add) =>
        add ? (Vector512.Load(c), Vector512.Load(c + 16)) : (Vector512<float>.Zero, Vector512<float>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Kernel(
        float* a, nint rowStride, nint columnStride, int k, float* panel, float* start, nint startStride, float* c, nint stride)
    {
        Vector512<float> l0, l1, l2, l3, l4, l5, l6, l7, h0, h1, h2, h3, h4, h5, h6, h7;
        if (start is not null)
        {
            (l0, h0) = (Vector512.Load(start), Vector512.Load(start + 16));
            (l1, h1) = (Vector512.Load(start + startStride), Vector512.Load(start + startStride + 16));
            (l2, h2) = (Vector512.Load(start + 2 * startStride), Vector512.Load(start + 2 * startStride + 16));
            (l3, h3) = (Vector512.Load(start + 3 * startStride), Vector512.Load(start + 3 * startStride + 16));
            (l4, h4) = (Vector512.Load(start + 4 * startStride), Vector512.Load(start + 4 * startStride + 16));
            (l5, h5) = (Vector512.Load(start + 5 * startStride), Vector512.Load(start + 5 * startStride + 16));
            (l6, h6) = (Vector512.Load(start + 6 * startStride), Vector512.Load(start + 6 * startStride + 16));
            (l7, h7) = (Vector512.Load(start + 7 * startStride), Vector512.Load(start + 7 * startStride + 16));
        }
        else
        {
            l0 = l1 = l2 = l3 = l4 = l5 = l6 = l7 = h0 = h1 = h2 = h3 = h4 = h5 = h6 = h7 = Vector512<float>.Zero;
        }

        var r4 = 4 * rowStride;
        var r3 = 3 * rowStride;
        for (var p = 0; p < k; p++)
        {
            var low = Vector512.Load(panel);
            var high = Vector512.Load(panel + 16);
            panel += Panel;
            var b = a + r4;
            var x = Vector512.Create(*a);
            l0 = Vector512.FusedMultiplyAdd(x, low, l0);
            h0 = Vector512.FusedMultiplyAdd(x, high, h0);
            x = Vector512.Create(a[rowStride]);
            l1 = Vector512.FusedMultiplyAdd(x, low, l1);
            h1 = Vector512.FusedMultiplyAdd(x, high, h1);
            x = Vector512.Create(a[2 * rowStride]);
            l2 = Vector512.FusedMultiplyAdd(x, low, l2);
            h2 = Vector512.FusedMultiplyAdd(x, high, h2);
            x = Vector512.Create(a[r3]);
            l3 = Vector512.FusedMultiplyAdd(x, low, l3);
            h3 = Vector512.FusedMultiplyAdd(x, high, h3);
            x = Vector512.Create(*b);
            l4 = Vector512.FusedMultiplyAdd(x, low, l4);
            h4 = Vector512.FusedMultiplyAdd(x, high, h4);
            x = Vector512.Create(b[rowStride]);
            l5 = Vector512.FusedMultiplyAdd(x, low, l5);
            h5 = Vector512.FusedMultiplyAdd(x, high, h5);
            x = Vector512.Create(b[2 * rowStride]);
            l6 = Vector512.FusedMultiplyAdd(x, low, l6);
            h6 = Vector512.FusedMultiplyAdd(x, high, h6);
            x = Vector512.Create(b[r3]);
            l7 = Vector512.FusedMultiplyAdd(x, low, l7);
            h7 = Vector512.FusedMultiplyAdd(x, high, h7);
            a += columnStride;
        }

        l0.Store(c);
        h0.Store(c + 16);
        l1.Store(c + stride);
        h1.Store(c + stride + 16);
        l2.Store(c + 2 * stride);
        h2.Store(c + 2 * stride + 16);
        l3.Store(c + 3 * stride);
        h3.Store(c + 3 * stride + 16);
        l4.Store(c + 4 * stride);
        h4.Store(c + 4 * stride + 16);
        l5.Store(c + 5 * stride);
        h5.Store(c + 5 * stride + 16);
        l6.Store(c + 6 * stride);
        h6.Store(c + 6 * stride + 16);
        l7.Store(c + 7 * stride);
        h7.Store(c + 7 * stride + 16);
    }
}
