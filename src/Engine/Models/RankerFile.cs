using System.Text;
using System.Text.Json;
using Recs.Engine.Ranking.Onnx;
using Recs.Engine.Ranking.Onnx.Backends;

namespace Recs.Engine.Models;

/// <summary>
/// ranker.json of a model folder. Its kind says what it is: logistic holds its weights itself; trees, dcn and onnx have
/// them in ranker.onnx, and here the feature schema and the calibration.
/// </summary>
internal static class RankerFile
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    private sealed record Header(string? Kind, string? SchemaHash, IReadOnlyList<string>? Names, Calibration? Calibration, string? Backend = null);

    /// <summary>The content of ranker.onnx; null for a ranker that has none.</summary>
    public static byte[]? Graph(IRanker ranker) => ranker switch
    {
        TreeRanker trees => TreeOnnx.Write(trees.Ensemble),
        DcnRanker dcn => DcnOnnx.Write(dcn.Network),
        GraphRanker graph => graph.File.ToArray(),
        _ => null,
    };

    public static void Write(Stream stream, IRanker ranker)
    {
        if (ranker is LogisticRanker logistic)
        {
            stream.Write(Encoding.UTF8.GetBytes(logistic.Parameters.ToJson()));
            return;
        }

        var (kind, calibration) = ranker switch
        {
            TreeRanker trees => (TreeOnnx.Kind, trees.Calibration),
            DcnRanker dcn => (DcnOnnx.Kind, dcn.Calibration),
            GraphRanker graph => ("onnx", graph.Calibration),
            _ => throw new NotSupportedException($"A {ranker.GetType().Name} has no form in {ModelFiles.Ranker}."),
        };
        var backend = ranker is GraphRanker { Backend: not EmbeddedBackend.BackendName } other ? other.Backend : null;
        string[] names = [.. FeatureSchema.Features.Select(f => f.Name)];
        JsonSerializer.Serialize(stream, new Header(kind, ranker.SchemaHash, names, calibration, backend), Json);
    }

    /// <summary>Throws <see cref="InvalidDataException"/> when damaged, or when trained on other features than this build makes.</summary>
    /// <param name="stream">ranker.json.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <param name="graph">Reads ranker.onnx.</param>
    public static IRanker Read(Stream stream, string file, Func<byte[]> graph)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        try
        {
            var text = reader.ReadToEnd();
            var header = JsonSerializer.Deserialize<Header>(text, Json) ?? throw new InvalidDataException("ranker: the JSON was null.");
            if (header.Kind is TreeOnnx.Kind or DcnOnnx.Kind or "onnx")
                return OfGraph(header, graph());
            var parameters = LogisticRankerParameters.FromJson(text);
            if (parameters.Names is null || parameters.Means is null || parameters.Scales is null || parameters.Weights is null)
                throw new InvalidDataException("ranker: a list is null.");
            return new LogisticRanker(parameters);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file}: ranker: {e.Message}", e);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{file}: {e.Message}", e);
        }
    }

    private static IRanker OfGraph(Header header, byte[] graph)
    {
        if (header.SchemaHash is null || header.Names is null)
            throw new InvalidDataException("ranker: its feature schema is missing.");
        SchemaCheck.Require(header.SchemaHash, header.Names);
        var calibration = header.Calibration ?? Calibration.None;
        return header.Kind switch
        {
            TreeOnnx.Kind => new TreeRanker(TreeOnnx.Read(OnnxModel.Parse(graph), FeatureSchema.Width), calibration),
            DcnOnnx.Kind => new DcnRanker(DcnOnnx.Read(OnnxModel.Parse(graph)), calibration),
            _ => new GraphRanker(graph, calibration, header.Backend ?? EmbeddedBackend.BackendName),
        };
    }
}
