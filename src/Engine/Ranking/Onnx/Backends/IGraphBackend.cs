namespace Recs.Engine.Ranking.Onnx.Backends;

/// <summary>Opens ONNX graphs for rankers. Thread-safe.</summary>
public interface IGraphBackend
{
    /// <summary>What a model's ranker.json calls it.</summary>
    string Name { get; }

    /// <summary>Opens a graph of one input [rows, <paramref name="width"/>] of floats.</summary>
    /// <exception cref="InvalidDataException">The graph is not legal, not of that kind, or this host cannot run it; the message says which.</exception>
    IGraphSession Open(ReadOnlyMemory<byte> file, int width);
}

/// <summary>An opened graph. Thread-safe; lives as long as its model.</summary>
public interface IGraphSession
{
    /// <summary>Name of the first output, which is the one that is read.</summary>
    string Output { get; }

    /// <summary>Runs <paramref name="count"/> rows, row-major, and writes one number a row.</summary>
    /// <exception cref="InvalidDataException">The graph made another number of numbers.</exception>
    void Run(ReadOnlySpan<float> rows, int count, Span<float> output);
}

/// <summary>The backends of this process, by name: the embedded one, and those that a host adds before it loads models. Thread-safe.</summary>
public static class GraphBackends
{
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, IGraphBackend> Known =
        new([new(EmbeddedBackend.BackendName, new EmbeddedBackend())], StringComparer.Ordinal);

    /// <summary>Adds a backend, or puts it in place of one of its name.</summary>
    public static void Add(IGraphBackend backend) => Known[backend.Name] = backend;

    /// <exception cref="InvalidDataException">No backend has that name.</exception>
    public static IGraphBackend Find(string name) => Known.TryGetValue(name, out var backend)
        ? backend
        : throw new InvalidDataException(
            $"ranker: asks for the ONNX backend '{name}'; this host has {string.Join(", ", Known.Keys.Order(StringComparer.Ordinal))}.");
}
