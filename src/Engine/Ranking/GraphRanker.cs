using Recs.Engine.Ranking.Onnx.Backends;

namespace Recs.Engine.Ranking;

/// <summary>
/// Ranks by any ONNX graph from feature rows [rows, width] to one number a row: log-odds where the first output is called
/// "score", else probabilities. Thread-safe.
/// </summary>
public sealed class GraphRanker : IRanker
{
    private readonly IGraphSession _session;
    private readonly bool _isLogOdds;
    private readonly float[] _defaults = [.. FeatureSchema.Features.Select(f => f.Default)];

    /// <param name="file">The ONNX file.</param>
    /// <param name="calibration">Applied to the log-odds.</param>
    /// <param name="backend">What runs the graph, by its name in <see cref="GraphBackends"/>.</param>
    /// <exception cref="InvalidDataException">There is no such backend, it cannot run the graph, or the graph does not take the schema's rows.</exception>
    public GraphRanker(ReadOnlyMemory<byte> file, Calibration calibration, string backend = EmbeddedBackend.BackendName)
    {
        calibration.Validate();
        File = file;
        Calibration = calibration;
        Backend = backend;
        _session = GraphBackends.Find(backend).Open(file, FeatureSchema.Width);
        _isLogOdds = _session.Output == "score";
        // Tried once, so that what cannot score is refused here and not on a page.
        Score(new float[2 * FeatureSchema.Width], 2, new float[2]);
    }

    /// <summary>The ONNX file itself.</summary>
    public ReadOnlyMemory<byte> File { get; }

    public Calibration Calibration { get; }

    /// <summary>Name of what runs the graph.</summary>
    public string Backend { get; }

    public string SchemaHash => FeatureSchema.Hash;

    public void Score(ReadOnlySpan<float> rows, int count, Span<float> scores)
    {
        scores = scores[..count];
        _session.Run(rows, count, scores);
        if (!_isLogOdds)
        {
            foreach (ref var score in scores)
            {
                var p = Math.Clamp(score, 1e-7f, 1 - 1e-7f);
                score = MathF.Log(p / (1 - p));
            }
        }

        Calibration.Apply(scores);
    }

    /// <summary>Against the row of the features' defaults.</summary>
    public void Explain(ReadOnlySpan<float> row, Span<double> contributions) => SampledShapley.Explain(this, row, _defaults, contributions);
}
