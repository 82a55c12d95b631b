using System.Text.Json;
using Recs.Engine.Ranking.Deep;

namespace Recs.Engine.Ranking.Onnx;

/// <summary>Deep and cross networks as ONNX files of standard operators; the shape is in the metadata as well.</summary>
public static class DcnOnnx
{
    internal const string Kind = "dcn";

    public static byte[] Write(DcnNetwork network)
    {
        var (shape, layout) = (network.Shape, network.Layout);
        var builder = new OnnxBuilder { Metadata = { ["recs.ranker"] = Kind, ["recs.shape"] = JsonSerializer.Serialize(ShapeJson.Of(shape)) } };
        string Matrix(DcnMatrix m) => builder.Floats(m.Name, network.Of(m), m.IsBias ? [m.Columns] : [m.Rows, m.Columns]);
        string Times(string x, DcnMatrix w) => builder.Node("MatMul", [x, Matrix(w)]);
        string Plus(string x, DcnMatrix b) => builder.Node("Add", [x, Matrix(b)]);
        string Columns(string x, int first, int count) => builder.Node("Gather",
            [x, builder.Ints($"columns.{first}.{count}", [.. Enumerable.Range(first, count).Select(c => (long)c)], count)], OnnxBuilder.Int("axis", 1));

        var parts = new List<string>();
        if (shape.Numeric.Length > 0)
        {
            var n = shape.Numeric.Length;
            // Columns that are the rows as they come need no choosing.
            var raw = n == shape.Width && shape.Numeric.SequenceEqual(Enumerable.Range(0, n)) ? "input" : builder.Node("Gather", ["input", builder.Ints("numeric.columns", [.. shape.Numeric.Select(c => (long)c)], n)], OnnxBuilder.Int("axis", 1));
            var centred = builder.Node("Sub", [raw, builder.Floats("numeric.mean", network.Means, n)]);
            var scaled = builder.Node("Mul", [centred, builder.Floats("numeric.inverse_scale", network.InverseScales, n)]);
            parts.Add(builder.Node("Where", [builder.Node("IsNaN", [raw]), builder.Floats("zero", [0]), scaled]));
        }

        for (var c = 0; c < shape.Categories.Length; c++)
        {
            var category = shape.Categories[c];
            var row = Row(builder, category);
            var embedded = builder.Node("Gather", [Matrix(layout.Embeddings[c]), row], OnnxBuilder.Int("axis", 0));
            parts.Add(builder.Node("Reshape", [embedded, builder.Ints($"flat.{category.Dimensions}", [-1, category.Dimensions], 2)]));
        }

        var x0 = parts.Count == 1 ? parts[0] : builder.Node("Concat", [.. parts], OnnxBuilder.Int("axis", 1));
        var x = x0;
        foreach (var layer in layout.Cross)
        {
            string s;
            if (layer.Weight is not null)
            {
                s = Times(x, layer.Weight);
            }
            else
            {
                var rank = layer.C[0].Rows;
                var gates = builder.Node("Softmax", [Times(x, layer.Gate!)], OnnxBuilder.Int("axis", -1));
                var hidden = builder.Node("Tanh", [Times(x, layer.V!)]);
                var experts = layer.C.Select((c, e) => builder.Node("Mul",
                    [builder.Node("Tanh", [Times(Columns(hidden, e * rank, rank), c)]), Columns(gates, e, 1)])).ToArray();
                s = Times(experts.Length == 1 ? experts[0] : builder.Node("Concat", experts, OnnxBuilder.Int("axis", 1)), layer.U!);
            }

            x = builder.Node("Add", [builder.Node("Mul", [x0, Plus(s, layer.Bias)]), x]);
        }

        var h = shape.Stacked ? x : x0;
        foreach (var layer in layout.Deep)
            h = builder.Node("Relu", [Plus(Times(h, layer.Weight), layer.Bias)]);
        var last = shape.Deep.Length == 0 ? x : shape.Stacked ? h : builder.Node("Concat", [x, h], OnnxBuilder.Int("axis", 1));
        builder.Node("Add", [Times(last, layout.Output.Weight), Matrix(layout.Output.Bias)], output: "score");
        builder.Node("Sigmoid", ["score"], output: "probability");
        return builder.ToFile(shape.Width);
    }

    /// <summary>The network of a file that <see cref="Write"/> made.</summary>
    /// <exception cref="InvalidDataException">It is not that.</exception>
    public static DcnNetwork Read(OnnxModel model)
    {
        if (!model.Metadata.TryGetValue("recs.shape", out var json))
            throw new InvalidDataException("ONNX: the file does not say the network's shape.");
        DcnShape shape;
        try
        {
            shape = JsonSerializer.Deserialize<ShapeJson>(json)?.ToShape() ?? throw new InvalidDataException("ONNX: the network's shape is null.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"ONNX: the network's shape is damaged: {e.Message}", e);
        }

        var layout = new DcnLayout(shape);
        // The weights are there before room is made for them.
        foreach (var matrix in layout.All)
            Values(model, matrix.Name, matrix.Length);
        var parameters = new float[layout.Length];
        foreach (var matrix in layout.All)
            Values(model, matrix.Name, matrix.Length).CopyTo(matrix.In(parameters));
        var n = shape.Numeric.Length;
        return new DcnNetwork(shape, n == 0 ? [] : Values(model, "numeric.mean", n), n == 0 ? [] : Values(model, "numeric.inverse_scale", n), parameters);
    }

    private static float[] Values(OnnxModel model, string name, int count) =>
        model.Initializers.TryGetValue(name, out var tensor) && tensor.Floats is { } floats && floats.Length == count
            ? floats
            : throw new InvalidDataException($"ONNX: the initializer '{name}' of {count} floats is missing.");

    /// <summary>Codes to rows, [rows, 1].</summary>
    private static string Row(OnnxBuilder builder, DcnCategory category)
    {
        var column = builder.Node("Gather", ["input", builder.Ints($"column.{category.Column}", [category.Column], 1)], OnnxBuilder.Int("axis", 1));
        var code = builder.Node("Where", [builder.Node("IsNaN", [column]), builder.Floats("missing", [-1]), column]);
        if (category.Buckets == 0)
        {
            // Place 0 is no code, the last one every code above the known.
            var known = category.RowOfCode;
            var table = new long[known.Length + 2];
            for (var c = 0; c < known.Length; c++)
                table[c + 1] = known[c];
            var clipped = builder.Node("Clip", [code, builder.Floats("missing", [-1]), builder.Floats($"codes.{category.Column}.most", [known.Length])]);
            var place = builder.Node("Cast", [builder.Node("Add", [clipped, builder.Floats("one", [1], 1)])], OnnxBuilder.Int("to", 7));
            return builder.Node("Gather", [builder.Ints($"codes.{category.Column}", table, table.Length), place], OnnxBuilder.Int("axis", 0));
        }

        var whole = builder.Node("Cast", [code], OnnxBuilder.Int("to", 7));
        var product = builder.Node("Mul", [whole, builder.Ints("hash.multiplier", [2_654_435_761], 1)]);
        var hash = builder.Node("Mod", [product, builder.Ints("hash.modulus", [1L << 32], 1)]);
        var bucket = builder.Node("Mod", [hash, builder.Ints($"buckets.{category.Column}", [category.Buckets], 1)]);
        var row = builder.Node("Add", [bucket, builder.Ints("one.whole", [1], 1)]);
        return builder.Node("Where", [builder.Node("Less", [code, builder.Floats("zero", [0])]), builder.Ints("zero.whole", [0], 1), row]);
    }

    private sealed record ShapeJson(
        int Width, int[] Numeric, int Shared, CategoryJson[] Categories, int Cross, int Rank, int Experts, int[] Deep, bool Stacked)
    {
        public static ShapeJson Of(DcnShape s) => new(
            s.Width, s.Numeric, s.Shared, [.. s.Categories.Select(c => new CategoryJson(c.Column, c.Dimensions, [.. c.Codes], c.Buckets))],
            s.Cross, s.Rank, s.Experts, s.Deep, s.Stacked);

        public DcnShape ToShape()
        {
            if (Numeric is null || Categories is null || Deep is null || Categories.Any(c => c?.Codes is null || c.Buckets is < 0 or >= DcnCategory.MaxRows))
                throw new InvalidDataException("ONNX: the network's shape has a null or a number out of range.");
            return new DcnShape
            {
                Width = Width,
                Numeric = Numeric,
                Shared = Shared,
                Categories = [.. Categories.Select(c => new DcnCategory(c.Column, c.Dimensions, c.Codes, c.Buckets))],
                Cross = Cross,
                Rank = Rank,
                Experts = Experts,
                Deep = Deep,
                Stacked = Stacked,
            };
        }
    }

    private sealed record CategoryJson(int Column, int Dimensions, int[] Codes, int Buckets);
}
