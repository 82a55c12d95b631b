namespace Recs.Engine.Ranking.Onnx;

/// <summary>Field numbers are those of onnx.proto3 (ModelProto, GraphProto, NodeProto, AttributeProto).</summary>
internal static class OnnxParser
{
    public static OnnxModel Parse(ReadOnlySpan<byte> file)
    {
        if (file.Length > OnnxModel.MaxBytes)
            throw new InvalidDataException($"ONNX: a file of {file.Length} bytes; legal is up to {OnnxModel.MaxBytes}.");
        var graph = default(GraphParts);
        var opsets = new Dictionary<string, int>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var reader = new ProtoReader(file);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 7:
                    graph = graph is null ? Graph(reader.Bytes()) : throw new InvalidDataException("ONNX: two graphs in one file.");
                    break;
                case 8:
                    var (domain, version) = Opset(reader.Bytes());
                    opsets[domain == "ai.onnx" ? "" : domain] = version;
                    break;
                case 14:
                    var (key, value) = Pair(reader.Bytes());
                    metadata[key] = value;
                    break;
                case 25:
                    throw new InvalidDataException("ONNX: functions inside a model are not supported.");
                default:
                    reader.Skip();
                    break;
            }
        }

        if (graph is null)
            throw new InvalidDataException("ONNX: the file holds no graph.");
        return new OnnxModel
        {
            Nodes = graph.Nodes,
            Initializers = graph.Initializers,
            Inputs = [.. graph.Inputs.Where(i => !graph.Initializers.ContainsKey(i))],
            Outputs = graph.Outputs,
            Opsets = opsets,
            Metadata = metadata,
        };
    }

    private sealed class GraphParts
    {
        public List<OnnxNode> Nodes { get; } = [];

        public Dictionary<string, OnnxConstant> Initializers { get; } = new(StringComparer.Ordinal);

        public List<string> Inputs { get; } = [];

        public List<string> Outputs { get; } = [];
    }

    private static GraphParts Graph(ReadOnlySpan<byte> bytes)
    {
        var parts = new GraphParts();
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    parts.Nodes.Add(Node(reader.Bytes()));
                    if (parts.Nodes.Count > OnnxModel.MaxNodes)
                        throw new InvalidDataException($"ONNX: more than {OnnxModel.MaxNodes} nodes.");
                    break;
                case 5:
                    var (name, tensor) = OnnxTensorParser.Parse(reader.Bytes());
                    if (!parts.Initializers.TryAdd(name, tensor))
                        throw new InvalidDataException($"ONNX: two initializers are called '{name}'.");
                    break;
                case 11:
                    parts.Inputs.Add(ValueName(reader.Bytes()));
                    break;
                case 12:
                    parts.Outputs.Add(ValueName(reader.Bytes()));
                    break;
                case 15:
                    throw new InvalidDataException("ONNX: sparse initializers are not supported.");
                default:
                    reader.Skip();
                    break;
            }
        }

        return parts;
    }

    private static OnnxNode Node(ReadOnlySpan<byte> bytes)
    {
        string type = "", domain = "", name = "";
        var (inputs, outputs) = (new List<string>(), new List<string>());
        var attributes = new Dictionary<string, OnnxAttribute>(StringComparer.Ordinal);
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: inputs.Add(reader.Text()); break;
                case 2: outputs.Add(reader.Text()); break;
                case 3: name = reader.Text(); break;
                case 4: type = reader.Text(); break;
                case 5:
                    var (key, value) = Attribute(reader.Bytes());
                    attributes[key] = value;
                    break;
                case 7: domain = reader.Text(); break;
                default: reader.Skip(); break;
            }
        }

        return new OnnxNode(type, domain == "ai.onnx" ? "" : domain, name, inputs, outputs, attributes);
    }

    private static (string Name, OnnxAttribute Value) Attribute(ReadOnlySpan<byte> bytes)
    {
        var (name, text) = ("", "");
        var (number, whole) = (0f, 0L);
        OnnxConstant? tensor = null;
        var (floats, ints, texts) = (new List<float>(), new List<long>(), new List<string>());
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: name = reader.Text(); break;
                case 2: number = reader.Float(); break;
                case 3: whole = reader.Varint(); break;
                case 4: text = reader.Text(); break;
                case 5: tensor = OnnxTensorParser.Parse(reader.Bytes()).Tensor; break;
                case 6 or 11: throw new InvalidDataException($"ONNX: attribute '{name}' holds a graph; control flow is not supported.");
                case 7: reader.Floats(floats); break;
                case 8: reader.Varints(ints); break;
                case 9: texts.Add(reader.Text()); break;
                default: reader.Skip(); break;
            }
        }

        return (name, new OnnxAttribute { Float = number, Int = whole, Text = text, Tensor = tensor, Floats = floats, Ints = ints, Texts = texts });
    }

    private static (string Domain, int Version) Opset(ReadOnlySpan<byte> bytes)
    {
        var (domain, version) = ("", 1);
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == 1)
                domain = reader.Text();
            else if (reader.Field == 2)
                version = (int)Math.Clamp(reader.Varint(), 0, 1_000);
            else
                reader.Skip();
        }

        return (domain, version);
    }

    private static (string Key, string Value) Pair(ReadOnlySpan<byte> bytes)
    {
        var (key, value) = ("", "");
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == 1)
                key = reader.Text();
            else if (reader.Field == 2)
                // Longer than names are: the codes of a network's categories are among it.
                value = System.Text.Encoding.UTF8.GetString(reader.Bytes());
            else
                reader.Skip();
        }

        return (key, value);
    }

    private static string ValueName(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == 1)
                return reader.Text();
            reader.Skip();
        }

        return "";
    }
}
