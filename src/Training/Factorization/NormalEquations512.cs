using System.Runtime.Intrinsics;

namespace Recs.Training.Factorization;

/// <summary>
/// 512-bit vectors. Outer products in register tiles of 8 x 32 floats (16 accumulators, two loads and eight
/// broadcasts for sixteen fused multiply-adds); Cholesky row by row with the row's tiles in registers.
/// </summary>
internal sealed class NormalEquations512 : NormalEquations
{
    public override unsafe void AddOuterProducts(ReadOnlySpan<float> z, int count, int stride, Span<float> a)
    {
        if (stride % Alignment != 0 || z.Length < (long)count * stride || a.Length < stride * stride)
            throw new ArgumentException($"stride {stride}, z {z.Length} for {count} rows, a {a.Length}");
        fixed (float* zp = z, ap = a)
        {
            for (var i = 0; i < stride; i += 8)
            {
                var j = i & ~15;
                for (; j + 32 <= stride; j += 32)
                    Tile8x32(zp, count, stride, ap, i, j);
                if (j < stride)
                    Tile8x16(zp, count, stride, ap, i, j);
            }
        }
    }

    protected override unsafe bool Factorise(Span<float> a, int rank, int stride)
    {
        if (stride % Alignment != 0 || rank > stride || a.Length < stride * stride)
            throw new ArgumentException($"rank {rank}, stride {stride}, a {a.Length}");
        fixed (float* ap = a)
        {
            for (var k = 0; k < rank; k++)
            {
                var row = ap + (nint)k * stride;
                var j = k & ~15;
                for (; j + 64 <= stride; j += 64)
                    Subtract64(ap, k, stride, j);
                for (; j + 32 <= stride; j += 32)
                    Subtract32(ap, k, stride, j);
                if (j < stride)
                    Subtract16(ap, k, stride, j);
                var pivot = row[k];
                if (!(pivot > 0))
                    return false;
                var scale = Vector512.Create(1 / MathF.Sqrt(pivot));
                for (j = k & ~15; j < stride; j += 16)
                    (Vector512.Load(row + j) * scale).Store(row + j);
            }
        }

        return true;
    }

    private static unsafe void Tile8x32(float* z, int count, int stride, float* a, int i, int j)
    {
        var at = a + (nint)i * stride + j;
        var c00 = Vector512.Load(at);
        var c01 = Vector512.Load(at + 16);
        var c10 = Vector512.Load(at + (nint)stride);
        var c11 = Vector512.Load(at + (nint)stride + 16);
        var c20 = Vector512.Load(at + 2 * (nint)stride);
        var c21 = Vector512.Load(at + 2 * (nint)stride + 16);
        var c30 = Vector512.Load(at + 3 * (nint)stride);
        var c31 = Vector512.Load(at + 3 * (nint)stride + 16);
        var c40 = Vector512.Load(at + 4 * (nint)stride);
        var c41 = Vector512.Load(at + 4 * (nint)stride + 16);
        var c50 = Vector512.Load(at + 5 * (nint)stride);
        var c51 = Vector512.Load(at + 5 * (nint)stride + 16);
        var c60 = Vector512.Load(at + 6 * (nint)stride);
        var c61 = Vector512.Load(at + 6 * (nint)stride + 16);
        var c70 = Vector512.Load(at + 7 * (nint)stride);
        var c71 = Vector512.Load(at + 7 * (nint)stride + 16);
        for (var k = 0; k < count; k++, z += stride)
        {
            var y0 = Vector512.Load(z + j);
            var y1 = Vector512.Load(z + j + 16);
            var x0 = Vector512.Create(z[i]);
            c00 = Vector512.FusedMultiplyAdd(x0, y0, c00);
            c01 = Vector512.FusedMultiplyAdd(x0, y1, c01);
            var x1 = Vector512.Create(z[i + 1]);
            c10 = Vector512.FusedMultiplyAdd(x1, y0, c10);
            c11 = Vector512.FusedMultiplyAdd(x1, y1, c11);
            var x2 = Vector512.Create(z[i + 2]);
            c20 = Vector512.FusedMultiplyAdd(x2, y0, c20);
            c21 = Vector512.FusedMultiplyAdd(x2, y1, c21);
            var x3 = Vector512.Create(z[i + 3]);
            c30 = Vector512.FusedMultiplyAdd(x3, y0, c30);
            c31 = Vector512.FusedMultiplyAdd(x3, y1, c31);
            var x4 = Vector512.Create(z[i + 4]);
            c40 = Vector512.FusedMultiplyAdd(x4, y0, c40);
            c41 = Vector512.FusedMultiplyAdd(x4, y1, c41);
            var x5 = Vector512.Create(z[i + 5]);
            c50 = Vector512.FusedMultiplyAdd(x5, y0, c50);
            c51 = Vector512.FusedMultiplyAdd(x5, y1, c51);
            var x6 = Vector512.Create(z[i + 6]);
            c60 = Vector512.FusedMultiplyAdd(x6, y0, c60);
            c61 = Vector512.FusedMultiplyAdd(x6, y1, c61);
            var x7 = Vector512.Create(z[i + 7]);
            c70 = Vector512.FusedMultiplyAdd(x7, y0, c70);
            c71 = Vector512.FusedMultiplyAdd(x7, y1, c71);
        }

        c00.Store(at);
        c01.Store(at + 16);
        c10.Store(at + (nint)stride);
        c11.Store(at + (nint)stride + 16);
        c20.Store(at + 2 * (nint)stride);
        c21.Store(at + 2 * (nint)stride + 16);
        c30.Store(at + 3 * (nint)stride);
        c31.Store(at + 3 * (nint)stride + 16);
        c40.Store(at + 4 * (nint)stride);
        c41.Store(at + 4 * (nint)stride + 16);
        c50.Store(at + 5 * (nint)stride);
        c51.Store(at + 5 * (nint)stride + 16);
        c60.Store(at + 6 * (nint)stride);
        c61.Store(at + 6 * (nint)stride + 16);
        c70.Store(at + 7 * (nint)stride);
        c71.Store(at + 7 * (nint)stride + 16);
    }

    private static unsafe void Tile8x16(float* z, int count, int stride, float* a, int i, int j)
    {
        var at = a + (nint)i * stride + j;
        var c00 = Vector512.Load(at);
        var c10 = Vector512.Load(at + (nint)stride);
        var c20 = Vector512.Load(at + 2 * (nint)stride);
        var c30 = Vector512.Load(at + 3 * (nint)stride);
        var c40 = Vector512.Load(at + 4 * (nint)stride);
        var c50 = Vector512.Load(at + 5 * (nint)stride);
        var c60 = Vector512.Load(at + 6 * (nint)stride);
        var c70 = Vector512.Load(at + 7 * (nint)stride);
        for (var k = 0; k < count; k++, z += stride)
        {
            var y0 = Vector512.Load(z + j);
            var x0 = Vector512.Create(z[i]);
            c00 = Vector512.FusedMultiplyAdd(x0, y0, c00);
            var x1 = Vector512.Create(z[i + 1]);
            c10 = Vector512.FusedMultiplyAdd(x1, y0, c10);
            var x2 = Vector512.Create(z[i + 2]);
            c20 = Vector512.FusedMultiplyAdd(x2, y0, c20);
            var x3 = Vector512.Create(z[i + 3]);
            c30 = Vector512.FusedMultiplyAdd(x3, y0, c30);
            var x4 = Vector512.Create(z[i + 4]);
            c40 = Vector512.FusedMultiplyAdd(x4, y0, c40);
            var x5 = Vector512.Create(z[i + 5]);
            c50 = Vector512.FusedMultiplyAdd(x5, y0, c50);
            var x6 = Vector512.Create(z[i + 6]);
            c60 = Vector512.FusedMultiplyAdd(x6, y0, c60);
            var x7 = Vector512.Create(z[i + 7]);
            c70 = Vector512.FusedMultiplyAdd(x7, y0, c70);
        }

        c00.Store(at);
        c10.Store(at + (nint)stride);
        c20.Store(at + 2 * (nint)stride);
        c30.Store(at + 3 * (nint)stride);
        c40.Store(at + 4 * (nint)stride);
        c50.Store(at + 5 * (nint)stride);
        c60.Store(at + 6 * (nint)stride);
        c70.Store(at + 7 * (nint)stride);
    }

    /// <summary>Takes what rows above k hold off 64 floats of row k.</summary>
    private static unsafe void Subtract64(float* a, int k, int stride, int j)
    {
        var at = a + (nint)k * stride + j;
        var even0 = Vector512.Load(at);
        var odd0 = Vector512<float>.Zero;
        var even1 = Vector512.Load(at + 16);
        var odd1 = Vector512<float>.Zero;
        var even2 = Vector512.Load(at + 32);
        var odd2 = Vector512<float>.Zero;
        var even3 = Vector512.Load(at + 48);
        var odd3 = Vector512<float>.Zero;
        var above = a;
        var p = 0;
        for (; p + 2 <= k; p += 2, above += 2 * (nint)stride)
        {
            var f0 = Vector512.Create(-above[k]);
            var f1 = Vector512.Create(-above[stride + k]);
            even0 = Vector512.FusedMultiplyAdd(f0, Vector512.Load(above + j), even0);
            odd0 = Vector512.FusedMultiplyAdd(f1, Vector512.Load(above + stride + j), odd0);
            even1 = Vector512.FusedMultiplyAdd(f0, Vector512.Load(above + j + 16), even1);
            odd1 = Vector512.FusedMultiplyAdd(f1, Vector512.Load(above + stride + j + 16), odd1);
            even2 = Vector512.FusedMultiplyAdd(f0, Vector512.Load(above + j + 32), even2);
            odd2 = Vector512.FusedMultiplyAdd(f1, Vector512.Load(above + stride + j + 32), odd2);
            even3 = Vector512.FusedMultiplyAdd(f0, Vector512.Load(above + j + 48), even3);
            odd3 = Vector512.FusedMultiplyAdd(f1, Vector512.Load(above + stride + j + 48), odd3);
        }

        if (p < k)
        {
            var f0 = Vector512.Create(-above[k]);
            even0 = Vector512.FusedMultiplyAdd(f0, Vector512.Load(above + j), even0);
            even1 = Vector512.FusedMultiplyAdd(f0, Vector512.Load(above + j + 16), even1);
            even2 = Vector512.FusedMultiplyAdd(f0, Vector512.Load(above + j + 32), even2);
            even3 = Vector512.FusedMultiplyAdd(f0, Vector512.Load(above + j + 48), even3);
        }

        (even0 + odd0).Store(at);
        (even1 + odd1).Store(at + 16);
        (even2 + odd2).Store(at + 32);
        (even3 + odd3).Store(at + 48);
    }

    /// <summary>Takes what rows above k hold off 32 floats of row k.</summary>
    private static unsafe void Subtract32(float* a, int k, int stride, int j)
    {
        var at = a + (nint)k * stride + j;
        var even0 = Vector512.Load(at);
        var odd0 = Vector512<float>.Zero;
        var even1 = Vector512.Load(at + 16);
        var odd1 = Vector512<float>.Zero;
        var above = a;
        var p = 0;
        for (; p + 2 <= k; p += 2, above += 2 * (nint)stride)
        {
            var f0 = Vector512.Create(-above[k]);
            var f1 = Vector512.Create(-above[stride + k]);
            even0 = Vector512.FusedMultiplyAdd(f0, Vector512.Load(above + j), even0);
            odd0 = Vector512.FusedMultiplyAdd(f1, Vector512.Load(above + stride + j), odd0);
            even1 = Vector512.FusedMultiplyAdd(f0, Vector512.Load(above + j + 16), even1);
            odd1 = Vector512.FusedMultiplyAdd(f1, Vector512.Load(above + stride + j + 16), odd1);
        }

        if (p < k)
        {
            var f0 = Vector512.Create(-above[k]);
            even0 = Vector512.FusedMultiplyAdd(f0, Vector512.Load(above + j), even0);
            even1 = Vector512.FusedMultiplyAdd(f0, Vector512.Load(above + j + 16), even1);
        }

        (even0 + odd0).Store(at);
        (even1 + odd1).Store(at + 16);
    }

    /// <summary>Takes what rows above k hold off 16 floats of row k.</summary>
    private static unsafe void Subtract16(float* a, int k, int stride, int j)
    {
        var at = a + (nint)k * stride + j;
        var even0 = Vector512.Load(at);
        var odd0 = Vector512<float>.Zero;
        var above = a;
        var p = 0;
        for (; p + 2 <= k; p += 2, above += 2 * (nint)stride)
        {
            var f0 = Vector512.Create(-above[k]);
            var f1 = Vector512.Create(-above[stride + k]);
            even0 = Vector512.FusedMultiplyAdd(f0, Vector512.Load(above + j), even0);
            odd0 = Vector512.FusedMultiplyAdd(f1, Vector512.Load(above + stride + j), odd0);
        }

        if (p < k)
        {
            var f0 = Vector512.Create(-above[k]);
            even0 = Vector512.FusedMultiplyAdd(f0, Vector512.Load(above + j), even0);
        }

        (even0 + odd0).Store(at);
    }
}
