using System.Runtime.InteropServices;

namespace Recs.Engine.Ranking.Onnx;

/// <summary>Writes a graph node by node as a standard ONNX file (opset 17, ai.onnx.ml 3). Not thread-safe.</summary>
internal sealed class OnnxBuilder
{
    private readonly List<byte[]> _nodes = [];
    private readonly List<byte[]> _initializers = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private int _values;

    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds a node with one output; returns the output's name.</summary>
    public string Node(string type, string[] inputs, Action<ProtoWriter>? attributes = null, string domain = "", string? output = null)
    {
        output ??= $"v{_values++}";
        var writer = new ProtoWriter();
        foreach (var input in inputs)
            writer.Text(1, input);
        writer.Text(2, output);
        writer.Text(3, $"{type}_{_nodes.Count}");
        writer.Text(4, type);
        attributes?.Invoke(writer);
        if (domain.Length > 0)
            writer.Text(7, domain);
        _nodes.Add(writer.ToArray());
        return output;
    }

    public string Floats(string name, ReadOnlySpan<float> values, params ReadOnlySpan<int> dims) =>
        Initializer(name, 1, MemoryMarshal.AsBytes(values), dims);

    public string Ints(string name, ReadOnlySpan<long> values, params ReadOnlySpan<int> dims) =>
        Initializer(name, 7, MemoryMarshal.AsBytes(values), dims);

    public static Action<ProtoWriter> Int(string name, long value) => writer => writer.Message(5, a =>
    {
        a.Text(1, name);
        a.Varint(3, value);
        a.Varint(20, 2);
    });

    public static void Text(ProtoWriter writer, string name, string value) => writer.Message(5, a =>
    {
        a.Text(1, name);
        a.Text(4, value);
        a.Varint(20, 3);
    });

    public static void Floats(ProtoWriter writer, string name, IEnumerable<float> values) => writer.Message(5, a =>
    {
        a.Text(1, name);
        foreach (var value in values)
            a.Float(7, value);
        a.Varint(20, 6);
    });

    public static void Ints(ProtoWriter writer, string name, IEnumerable<long> values) => writer.Message(5, a =>
    {
        a.Text(1, name);
        foreach (var value in values)
            a.Varint(8, value);
        a.Varint(20, 7);
    });

    public static void Texts(ProtoWriter writer, string name, IEnumerable<string> values) => writer.Message(5, a =>
    {
        a.Text(1, name);
        foreach (var value in values)
            a.Text(9, value);
        a.Varint(20, 8);
    });

    /// <summary>The file: one input "input" [rows, width], outputs "score" (log-odds) and "probability", each [rows, 1].</summary>
    public byte[] ToFile(int width)
    {
        var file = new ProtoWriter();
        file.Varint(1, 8);
        file.Text(2, "Orleans.Recs");
        file.Message(7, graph =>
        {
            foreach (var node in _nodes)
                graph.Bytes(1, node);
            graph.Text(2, "ranker");
            foreach (var initializer in _initializers)
                graph.Bytes(5, initializer);
            graph.Message(11, v => Value(v, "input", width));
            graph.Message(12, v => Value(v, "score", 1));
            graph.Message(12, v => Value(v, "probability", 1));
        });
        file.Message(8, o => o.Varint(2, 17));
        file.Message(8, o =>
        {
            o.Text(1, "ai.onnx.ml");
            o.Varint(2, 3);
        });
        foreach (var (key, value) in Metadata)
        {
            file.Message(14, m =>
            {
                m.Text(1, key);
                m.Text(2, value);
            });
        }

        return file.ToArray();
    }

    private string Initializer(string name, int type, ReadOnlySpan<byte> raw, ReadOnlySpan<int> dims)
    {
        if (!_names.Add(name))
            return name;
        var writer = new ProtoWriter();
        foreach (var dim in dims)
            writer.Varint(1, dim);
        writer.Varint(2, type);
        writer.Text(8, name);
        writer.Bytes(9, raw);
        _initializers.Add(writer.ToArray());
        return name;
    }

    private static void Value(ProtoWriter value, string name, int columns)
    {
        value.Text(1, name);
        value.Message(2, type => type.Message(1, tensor =>
        {
            tensor.Varint(1, 1);
            tensor.Message(2, shape =>
            {
                shape.Message(1, d => d.Text(2, "rows"));
                shape.Message(1, d => d.Varint(1, columns));
            });
        }));
    }
}
