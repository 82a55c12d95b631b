using System.Collections.Concurrent;
using Recs.Engine.Ranking.Onnx;

namespace Recs.Engine.Ranking;

/// <summary>
/// Ranks by any ONNX graph from feature rows [rows, width] to one number a row: log-odds where the first output is called
/// "score", else probabilities. Thread-safe; as many runs are kept as ever ran at once.
/// </summary>
public sealed class GraphRanker : IRanker
{
    private readonly OnnxGraph _graph;
    private readonly ConcurrentBag<OnnxRun> _runs = [];
    private readonly bool _isLogOdds;
    private readonly float[] _defaults = [.. FeatureSchema.Features.Select(f => f.Default)];

    /// <exception cref="InvalidDataException">An operator is not supported, or the graph does not take the schema's rows.</exception>
    public GraphRanker(ReadOnlyMemory<byte> file, Calibration calibration)
    {
        calibration.Validate();
        File = file;
        Calibration = calibration;
        _graph = new OnnxGraph(OnnxModel.Parse(file.Span));
        if (_graph.Inputs.Length != 1 || _graph.Outputs.Length == 0)
            throw new InvalidDataException($"ONNX: a ranker takes one input; this has {_graph.Inputs.Length}, and {_graph.Outputs.Length} outputs.");
        _isLogOdds = _graph.Model.Outputs[0] == "score";
        // Tried once, so that what cannot score is refused here and not on a page.
        Score(new float[2 * FeatureSchema.Width], 2, new float[2]);
    }

    /// <summary>The ONNX file itself.</summary>
    public ReadOnlyMemory<byte> File { get; }

    public Calibration Calibration { get; }

    public string SchemaHash => FeatureSchema.Hash;

    public void Score(ReadOnlySpan<float> rows, int count, Span<float> scores)
    {
        var run = _runs.TryTake(out var kept) ? kept : new OnnxRun(_graph);
        rows[..(count * FeatureSchema.Width)].CopyTo(run.Input(0, count, FeatureSchema.Width));
        run.Execute();
        var output = run.Output(0).Floats;
        if (output.Length != count)
            throw new InvalidDataException($"ONNX: {output.Length} numbers for {count} rows; a ranker makes one a row.");
        for (var r = 0; r < count; r++)
        {
            var p = Math.Clamp(output[r], 1e-7f, 1 - 1e-7f);
            scores[r] = _isLogOdds ? output[r] : MathF.Log(p / (1 - p));
        }

        Calibration.Apply(scores[..count]);
        _runs.Add(run);
    }

    /// <summary>Against the row of the features' defaults.</summary>
    public void Explain(ReadOnlySpan<float> row, Span<double> contributions) => SampledShapley.Explain(this, row, _defaults, contributions);
}
