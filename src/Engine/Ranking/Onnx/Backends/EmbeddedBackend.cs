using System.Collections.Concurrent;

namespace Recs.Engine.Ranking.Onnx.Backends;

/// <summary>Runs graphs with the engine's own evaluator: needs nothing installed, knows the operators of tabular models.</summary>
internal sealed class EmbeddedBackend : IGraphBackend
{
    public const string BackendName = "embedded";

    public string Name => BackendName;

    public IGraphSession Open(ReadOnlyMemory<byte> file, int width) => new Session(file, width);

    /// <summary>As many runs are kept as ever ran at once.</summary>
    private sealed class Session : IGraphSession
    {
        private readonly OnnxGraph _graph;
        private readonly ConcurrentBag<OnnxRun> _runs = [];
        private readonly int _width;

        public Session(ReadOnlyMemory<byte> file, int width)
        {
            _width = width;
            _graph = new OnnxGraph(OnnxModel.Parse(file.Span));
            if (_graph.Inputs.Length != 1 || _graph.Outputs.Length == 0)
                throw new InvalidDataException($"ONNX: a ranker takes one input; this has {_graph.Inputs.Length}, and {_graph.Outputs.Length} outputs.");
        }

        public string Output => _graph.Model.Outputs[0];

        public void Run(ReadOnlySpan<float> rows, int count, Span<float> output)
        {
            var run = _runs.TryTake(out var kept) ? kept : new OnnxRun(_graph);
            rows[..(count * _width)].CopyTo(run.Input(0, count, _width));
            run.Execute();
            var made = run.Output(0).Floats;
            if (made.Length != count)
                throw new InvalidDataException($"ONNX: {made.Length} numbers for {count} rows; a ranker makes one a row.");
            made.CopyTo(output);
            _runs.Add(run);
        }
    }
}
