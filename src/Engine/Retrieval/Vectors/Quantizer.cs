using System.Numerics.Tensors;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// What was learned from a space's vectors: a rotation whose first axes carry most of the spread, the lists, the tables
/// of the 4-bit codes and the scales of the 8-bit codes. Immutable, thread-safe, shared by segments until retrained.
/// </summary>
/// <remarks>
/// A vector x becomes its head y (rotated, centred for distances) of <see cref="Head"/> values. The 4-bit form is
/// y ~ c + s z: centroid, own scale, table entries z. The 8-bit form is y ~ t g code: own scale t, scale g per axis.
/// Both estimate u = q . x - |x|^2 / 2 for distances (which orders as the distance does) and u = q . x for products.
/// </remarks>
internal sealed unsafe class Quantizer
{
    /// <summary>Longest head: more axes cost more than they tell.</summary>
    public const int MaxHead = 128, MaxCodes = 64;

    public Quantizer(QuantizerParts parts)
    {
        Parts = parts;
        (Dimension, Head, Codes) = (parts.Mean.Length, HeadOf(parts.Mean.Length), CodesOf(parts.Mean.Length));
        Lists = parts.ListScales.Length;
        Axes = Copy(parts.Axes);
        Tables = Copy(parts.Tables);
        AxisScales = Copy(parts.AxisScales);
        Finder = new NearestCentroid(parts.Centroids, Lists, Head);
        Widths = WidthsOf(Head, Codes);
        var (sum, squares) = (0.0, 0.0);
        foreach (var scale in parts.AxisScales)
        {
            sum += scale * (double)scale;
            squares += Math.Pow(scale, 4);
        }
        EffectiveAxes = squares > 0 ? sum * sum / squares : 1;
        // The projection subtracts the projected mean instead of centring each query.
        Offset = AlignedMemory.OfFloats(Head);
        var projected = new float[Head];
        for (var d = 0; d < Dimension; d++)
            TensorPrimitives.MultiplyAdd(parts.Axes.AsSpan(d * Head, Head), parts.Mean[d], projected, projected);
        projected.CopyTo(new Span<float>(Offset.Floats, Head));
        CentroidHalfSquares = AlignedMemory.OfFloats((Lists + 15) / 16 * 16);
        for (var list = 0; list < Lists; list++)
            CentroidHalfSquares.Floats[list] = TensorPrimitives.SumOfSquares(parts.Centroids.AsSpan(list * Head, Head)) / 2;
    }

    public QuantizerParts Parts { get; }

    public int Dimension { get; }

    /// <summary>Axes kept, padded to a multiple of 16.</summary>
    public int Head { get; }

    /// <summary>4-bit codes per vector, a multiple of 8.</summary>
    public int Codes { get; }

    public int Groups => Codes / INibbleKernel.GroupCodes;

    public int Lists { get; }

    /// <summary>Dimension x Head.</summary>
    public AlignedMemory Axes { get; }

    /// <summary>Projected mean.</summary>
    public AlignedMemory Offset { get; }

    /// <summary>Head x 16: for each axis the values of its code's 16 entries.</summary>
    public AlignedMemory Tables { get; }

    /// <summary>Per axis, of the 8-bit codes.</summary>
    public AlignedMemory AxisScales { get; }

    /// <summary>Axes of equal spread that would spread as much: (sum of variances)^2 / sum of squared variances.</summary>
    public double EffectiveAxes { get; }

    public AlignedMemory CentroidHalfSquares { get; }

    public NearestCentroid Finder { get; }

    /// <summary>Axes that each code covers; codes follow one another over the axes.</summary>
    public int[] Widths { get; }

    public long Bytes => 2 * (Axes.Bytes + Tables.Bytes + AxisScales.Bytes) + 2L * 4 * Lists * Head;

    public static int HeadOf(int dimension) => Math.Min(MaxHead, (dimension + 15) / 16 * 16);

    public static int CodesOf(int dimension) => Math.Min(MaxCodes, HeadOf(dimension));

    /// <summary>Leading axes have a code of their own, later ones share one by threes.</summary>
    public static int[] WidthsOf(int head, int codes)
    {
        var triples = (head - codes) / 2;
        var widths = new int[codes];
        for (var code = 0; code < codes; code++)
            widths[code] = code < codes - triples ? 1 : 3;
        return widths;
    }

    /// <summary>The head of a vector (of unit length already where the metric is cosine).</summary>
    public void Project(ReadOnlySpan<float> vector, Span<float> head)
    {
        fixed (float* x = vector, y = head)
            FloatKernels.Project(x, Dimension, Axes.Floats, Head, Offset.Floats, y);
        GC.KeepAlive(this);
    }

    /// <summary>The list that a vector belongs to: the nearest of those for vectors of its length.</summary>
    public int ListOf(ReadOnlySpan<float> head)
    {
        var (from, toExcl) = (0, Lists);
        if (Parts.ShellBounds.Length > 0)
        {
            var length = TensorPrimitives.Norm(head);
            var shell = 0;
            while (shell < Parts.ShellBounds.Length && length < Parts.ShellBounds[shell])
                shell++;
            (from, toExcl) = (shell == 0 ? 0 : Parts.ShellEnds[shell - 1], Parts.ShellEnds[shell]);
        }
        return Finder.Find(head, from, toExcl);
    }

    private static AlignedMemory Copy(float[] values)
    {
        var memory = AlignedMemory.OfFloats(values.Length);
        values.CopyTo(new Span<float>(memory.Floats, values.Length));
        return memory;
    }
}

/// <summary>The arrays of a <see cref="Quantizer"/>, as they are stored.</summary>
internal sealed class QuantizerParts
{
    /// <summary>Zero for products.</summary>
    public required float[] Mean { get; init; }

    /// <summary>Dimension x Head.</summary>
    public required float[] Axes { get; init; }

    /// <summary>Lists x Head.</summary>
    public required float[] Centroids { get; init; }

    /// <summary>Per list: mean of |x|^2 / 2 over its vectors for distances, 0 for products.</summary>
    public required float[] ListBiases { get; init; }

    /// <summary>Per list: root mean square of its vectors' distance from the centroid along one axis.</summary>
    public required float[] ListScales { get; init; }

    /// <summary>For products: least length of the vectors of each shell but the last, falling.</summary>
    public required float[] ShellBounds { get; init; }

    /// <summary>Past the last list of each shell.</summary>
    public required int[] ShellEnds { get; init; }

    /// <summary>Head x 16.</summary>
    public required float[] Tables { get; init; }

    public required float[] AxisScales { get; init; }

    /// <summary>Vectors that it was learned from.</summary>
    public required int TrainedOn { get; init; }
}
