using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// Single-precision loops over 16 lanes. The runtime splits the lanes where the machine's registers are narrower.
/// </summary>
internal static unsafe class FloatKernels
{
    public const int Lanes = 16;

    /// <summary>result = x A - offset for A of <paramref name="dimension"/> rows by <paramref name="width"/> (a multiple of 16).</summary>
    public static void Project(float* x, int dimension, float* axes, int width, float* offset, float* result)
    {
        var column = 0;
        for (; column + 64 <= width; column += 64)
        {
            var (a, b) = (-Vector512.Load(offset + column), -Vector512.Load(offset + column + 16));
            var (c, d) = (-Vector512.Load(offset + column + 32), -Vector512.Load(offset + column + 48));
            var row = axes + column;
            for (var i = 0; i < dimension; i++, row += width)
            {
                var value = Vector512.Create(x[i]);
                a = Vector512.FusedMultiplyAdd(value, Vector512.Load(row), a);
                b = Vector512.FusedMultiplyAdd(value, Vector512.Load(row + 16), b);
                c = Vector512.FusedMultiplyAdd(value, Vector512.Load(row + 32), c);
                d = Vector512.FusedMultiplyAdd(value, Vector512.Load(row + 48), d);
            }
            a.Store(result + column);
            b.Store(result + column + 16);
            c.Store(result + column + 32);
            d.Store(result + column + 48);
        }
        for (; column < width; column += Lanes)
        {
            var sum = -Vector512.Load(offset + column);
            for (var i = 0; i < dimension; i++)
                sum = Vector512.FusedMultiplyAdd(Vector512.Create(x[i]), Vector512.Load(axes + (nint)i * width + column), sum);
            sum.Store(result + column);
        }
    }

    /// <summary>Products of one vector with 16 x <paramref name="blocks"/> others that lie [block][dimension][16].</summary>
    public static void BlockedProducts(float* x, int dimension, float* others, int blocks, float* products)
    {
        var stride = (nint)dimension * Lanes;
        var block = 0;
        for (; block + 4 <= blocks; block += 4)
        {
            var (a, b, c, d) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
            var first = others + block * stride;
            for (var i = 0; i < dimension; i++, first += Lanes)
            {
                var value = Vector512.Create(x[i]);
                a = Vector512.FusedMultiplyAdd(value, Vector512.Load(first), a);
                b = Vector512.FusedMultiplyAdd(value, Vector512.Load(first + stride), b);
                c = Vector512.FusedMultiplyAdd(value, Vector512.Load(first + 2 * stride), c);
                d = Vector512.FusedMultiplyAdd(value, Vector512.Load(first + 3 * stride), d);
            }
            a.Store(products + block * Lanes);
            b.Store(products + block * Lanes + 16);
            c.Store(products + block * Lanes + 32);
            d.Store(products + block * Lanes + 48);
        }
        for (; block < blocks; block++)
        {
            var sum = Vector512<float>.Zero;
            var first = others + block * stride;
            for (var i = 0; i < dimension; i++)
                sum = Vector512.FusedMultiplyAdd(Vector512.Create(x[i]), Vector512.Load(first + i * Lanes), sum);
            sum.Store(products + block * Lanes);
        }
    }

    /// <summary>Product of a float vector with 8-bit codes; <paramref name="length"/> is a multiple of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ByteProduct(float* x, sbyte* codes, int length)
    {
        var (a, b) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var i = 0;
        for (; i + 32 <= length; i += 32)
        {
            a = Vector512.FusedMultiplyAdd(Vector512.Load(x + i), Widen(codes + i), a);
            b = Vector512.FusedMultiplyAdd(Vector512.Load(x + i + 16), Widen(codes + i + 16), b);
        }
        for (; i < length; i += 16)
            a = Vector512.FusedMultiplyAdd(Vector512.Load(x + i), Widen(codes + i), a);
        return Vector512.Sum(a + b);
    }

    /// <summary>Product of two float vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Product(float* x, float* y, int length)
    {
        if (length % 16 != 0)
            return TensorPrimitives.Dot(new ReadOnlySpan<float>(x, length), new ReadOnlySpan<float>(y, length));
        var (a, b, c, d) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        var i = 0;
        for (; i + 64 <= length; i += 64)
        {
            a = Vector512.FusedMultiplyAdd(Vector512.Load(x + i), Vector512.Load(y + i), a);
            b = Vector512.FusedMultiplyAdd(Vector512.Load(x + i + 16), Vector512.Load(y + i + 16), b);
            c = Vector512.FusedMultiplyAdd(Vector512.Load(x + i + 32), Vector512.Load(y + i + 32), c);
            d = Vector512.FusedMultiplyAdd(Vector512.Load(x + i + 48), Vector512.Load(y + i + 48), d);
        }
        for (; i < length; i += 16)
            a = Vector512.FusedMultiplyAdd(Vector512.Load(x + i), Vector512.Load(y + i), a);
        return Vector512.Sum(a + b + (c + d));
    }

    /// <summary>Squared distance of two float vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SquaredDistance(float* x, float* y, int length)
    {
        if (length % 16 != 0)
        {
            var distance = TensorPrimitives.Distance(new ReadOnlySpan<float>(x, length), new ReadOnlySpan<float>(y, length));
            return distance * distance;
        }
        var (a, b) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var (c, d) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var i = 0;
        for (; i + 64 <= length; i += 64)
        {
            var (p, q) = (Vector512.Load(x + i) - Vector512.Load(y + i), Vector512.Load(x + i + 16) - Vector512.Load(y + i + 16));
            var (r, s) = (Vector512.Load(x + i + 32) - Vector512.Load(y + i + 32), Vector512.Load(x + i + 48) - Vector512.Load(y + i + 48));
            a = Vector512.FusedMultiplyAdd(p, p, a);
            b = Vector512.FusedMultiplyAdd(q, q, b);
            c = Vector512.FusedMultiplyAdd(r, r, c);
            d = Vector512.FusedMultiplyAdd(s, s, d);
        }
        for (; i < length; i += 16)
        {
            var p = Vector512.Load(x + i) - Vector512.Load(y + i);
            a = Vector512.FusedMultiplyAdd(p, p, a);
        }
        return Vector512.Sum(a + b + (c + d));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Widen(sbyte* codes)
    {
        if (Avx512F.IsSupported)
            return Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(Vector128.Load(codes)));
        var (low, high) = Vector128.Widen(Vector128.Load(codes));
        return Vector512.ConvertToSingle(Vector512.Create(
            Vector256.Create(Vector128.WidenLower(low), Vector128.WidenUpper(low)),
            Vector256.Create(Vector128.WidenLower(high), Vector128.WidenUpper(high))));
    }
}
