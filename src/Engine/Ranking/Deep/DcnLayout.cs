namespace Recs.Engine.Ranking.Deep;

/// <summary>
/// Where each matrix of a network lies in one run of floats: embeddings, cross layers, deep layers, output. Matrices are
/// row-major, inputs by outputs. Immutable.
/// </summary>
internal sealed class DcnLayout
{
    public DcnLayout(DcnShape shape)
    {
        shape.Validate();
        Shape = shape;
        var d = shape.Inputs;
        Embeddings = [.. shape.Categories.Select(c => Take($"embedding.{c.Column}", c.Rows, c.Dimensions))];
        Cross = [.. Enumerable.Range(0, shape.Cross).Select(l => TakeCross(l, d))];
        var inputs = shape.DeepInputs;
        Deep = new DcnDense[shape.Deep.Length];
        for (var l = 0; l < Deep.Length; l++)
        {
            Deep[l] = new DcnDense(Take($"deep.{l}.weight", inputs, shape.Deep[l]), Take($"deep.{l}.bias", 1, shape.Deep[l]));
            inputs = shape.Deep[l];
        }

        Output = new DcnDense(Take("output.weight", shape.Outputs, 1), Take("output.bias", 1, 1));
    }

    public DcnShape Shape { get; }

    public DcnMatrix[] Embeddings { get; }

    public DcnCross[] Cross { get; }

    public DcnDense[] Deep { get; }

    public DcnDense Output { get; }

    public int Length { get; private set; }

    /// <summary>All matrices, in order.</summary>
    public List<DcnMatrix> All { get; } = [];

    private DcnCross TakeCross(int l, int d)
    {
        var (rank, experts) = (Shape.Rank, Shape.Experts);
        return rank == 0
            ? new DcnCross { Weight = Take($"cross.{l}.weight", d, d), Bias = Take($"cross.{l}.bias", 1, d) }
            : new DcnCross
            {
                Gate = Take($"cross.{l}.gate", d, experts),
                V = Take($"cross.{l}.v", d, experts * rank),
                C = [.. Enumerable.Range(0, experts).Select(e => Take($"cross.{l}.c.{e}", rank, rank))],
                U = Take($"cross.{l}.u", experts * rank, d),
                Bias = Take($"cross.{l}.bias", 1, d),
            };
    }

    private DcnMatrix Take(string name, int rows, int columns)
    {
        var matrix = new DcnMatrix(name, Length, rows, columns);
        if (Length + (long)rows * columns > DcnShape.MaxParameters)
            throw new InvalidDataException($"network: more than {DcnShape.MaxParameters} parameters.");
        Length += rows * columns;
        All.Add(matrix);
        return matrix;
    }
}

/// <param name="Name">Stable; the initializer's name in ONNX.</param>
/// <param name="Start">Of its first value.</param>
/// <param name="Rows">Inputs.</param>
/// <param name="Columns">Outputs.</param>
internal sealed record DcnMatrix(string Name, int Start, int Rows, int Columns)
{
    public int Length => Rows * Columns;

    public bool IsBias => Rows == 1;

    public Span<float> In(float[] values) => values.AsSpan(Start, Length);
}

internal sealed record DcnDense(DcnMatrix Weight, DcnMatrix Bias);

/// <summary>Full: <see cref="Weight"/>; low-rank: the rest. The bias is in both.</summary>
internal sealed record DcnCross
{
    public DcnMatrix? Weight { get; init; }

    public required DcnMatrix Bias { get; init; }

    public DcnMatrix? Gate { get; init; }

    public DcnMatrix? V { get; init; }

    public DcnMatrix[] C { get; init; } = [];

    public DcnMatrix? U { get; init; }
}
