using System.Numerics.Tensors;

namespace Recs.Engine.Ranking.Deep;

/// <summary>A deep and cross network with its numbers. Immutable and thread-safe.</summary>
public sealed class DcnNetwork
{
    // The first numeric column where they follow each other, else -1.
    private readonly int _run;

    /// <exception cref="InvalidDataException">The numbers do not fit the shape or are not finite.</exception>
    public DcnNetwork(DcnShape shape, float[] means, float[] inverseScales, float[] parameters)
    {
        Layout = new DcnLayout(shape);
        if (means.Length != shape.Numeric.Length || inverseScales.Length != shape.Numeric.Length || parameters.Length != Layout.Length)
        {
            throw new InvalidDataException(
                $"network: {means.Length} means, {inverseScales.Length} scales and {parameters.Length} parameters; needed are {shape.Numeric.Length}, {shape.Numeric.Length} and {Layout.Length}.");
        }

        foreach (var values in new[] { means, inverseScales, parameters })
        {
            if (values.Any(v => !float.IsFinite(v)))
                throw new InvalidDataException("network: a parameter is not finite.");
        }

        Shape = shape;
        Means = means;
        InverseScales = inverseScales;
        Parameters = parameters;
        _run = shape.Numeric.Length > 0 && shape.Numeric.Select((c, i) => c - i).Distinct().Count() == 1 ? shape.Numeric[0] : -1;
    }

    public DcnShape Shape { get; }

    /// <summary>Of the numeric inputs in training.</summary>
    public float[] Means { get; }

    /// <summary>1 / standard deviation; an input is (x - mean) times this, 0 where the value is missing.</summary>
    public float[] InverseScales { get; }

    /// <summary>All weights, in the order of the layout.</summary>
    public float[] Parameters { get; }

    internal DcnLayout Layout { get; }

    internal ReadOnlySpan<float> Of(DcnMatrix matrix) => matrix.In(Parameters);

    /// <summary>The network's inputs for one row.</summary>
    internal void FillInputs(ReadOnlySpan<float> row, Span<float> x0)
    {
        FillNumbers(row, x0);
        var at = Shape.Numeric.Length;
        for (var c = 0; c < Shape.Categories.Length; c++)
        {
            var category = Shape.Categories[c];
            var size = category.Dimensions;
            Of(Layout.Embeddings[c]).Slice(category.RowOf(row[category.Column]) * size, size).CopyTo(x0[at..]);
            at += size;
        }
    }

    internal void FillNumbers(ReadOnlySpan<float> row, Span<float> x0)
    {
        if (_run >= 0)
        {
            // Columns that follow each other are standardised together; a missing one comes out as not a number.
            var into = x0[..Means.Length];
            TensorPrimitives.Subtract(row.Slice(_run, Means.Length), Means, into);
            TensorPrimitives.Multiply(into, InverseScales, into);
            if (float.IsNaN(TensorPrimitives.Sum(into)))
                ClearMissing(into);
            return;
        }

        for (var i = 0; i < Shape.Numeric.Length; i++)
        {
            var value = row[Shape.Numeric[i]];
            x0[i] = float.IsNaN(value) ? 0 : (value - Means[i]) * InverseScales[i];
        }
    }

    private static void ClearMissing(Span<float> values)
    {
        foreach (ref var value in values)
            value = float.IsNaN(value) ? 0 : value;
    }
}
