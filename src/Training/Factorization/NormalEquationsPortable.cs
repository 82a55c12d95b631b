using System.Numerics.Tensors;

namespace Recs.Training.Factorization;

/// <summary>For processors without 512-bit vectors: whatever width the tensor library finds.</summary>
internal sealed class NormalEquationsPortable : NormalEquations
{
    public override void AddOuterProducts(ReadOnlySpan<float> z, int count, int stride, Span<float> a)
    {
        for (var k = 0; k < count; k++)
        {
            var row = z.Slice(k * stride, stride);
            for (var i = 0; i < stride; i++)
            {
                var into = a.Slice(i * stride + i, stride - i);
                TensorPrimitives.MultiplyAdd(row[i..], row[i], into, into);
            }
        }
    }

    protected override bool Factorise(Span<float> a, int rank, int stride)
    {
        for (var k = 0; k < rank; k++)
        {
            var row = a.Slice(k * stride + k, rank - k);
            for (var p = 0; p < k; p++)
                TensorPrimitives.MultiplyAdd(a.Slice(p * stride + k, rank - k), -a[p * stride + k], row, row);
            if (!(row[0] > 0))
                return false;
            TensorPrimitives.Multiply(row, 1 / MathF.Sqrt(row[0]), row);
        }

        return true;
    }
}

/// <summary>The plain loops that the others are tested against.</summary>
internal sealed class NormalEquationsScalar : NormalEquations
{
    public override void AddOuterProducts(ReadOnlySpan<float> z, int count, int stride, Span<float> a)
    {
        for (var i = 0; i < stride; i++)
        {
            for (var j = i; j < stride; j++)
            {
                var sum = a[i * stride + j];
                for (var k = 0; k < count; k++)
                    sum += z[k * stride + i] * z[k * stride + j];
                a[i * stride + j] = sum;
            }
        }
    }

    protected override bool Factorise(Span<float> a, int rank, int stride)
    {
        for (var k = 0; k < rank; k++)
        {
            for (var j = k; j < rank; j++)
            {
                var sum = a[k * stride + j];
                for (var p = 0; p < k; p++)
                    sum -= a[p * stride + k] * a[p * stride + j];
                a[k * stride + j] = sum;
            }

            var pivot = a[k * stride + k];
            if (!(pivot > 0))
                return false;
            var scale = 1 / MathF.Sqrt(pivot);
            for (var j = k; j < rank; j++)
                a[k * stride + j] *= scale;
        }

        return true;
    }
}
