using Microsoft.Extensions.Logging.Abstractions;
using Recs.Engine.Embedded;

namespace Recs.Engine.Tests.Embedded;

/// <summary>An embedded recommender over a folder of its own, which can be stopped, crashed and started again.</summary>
internal sealed class EmbeddedHost : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("recs-embedded-").FullName;

    public EmbeddedHost(RecommenderOptions? options = null, TimeProvider? time = null, IReadOnlyList<ICandidateSource>? sources = null)
    {
        Options = (options ?? new RecommenderOptions()) with { DataDirectory = Path.Combine(_folder, "data") };
        Time = time ?? TimeProvider.System;
        Sources = sources ?? [];
        Recommender = Make(Options);
    }

    public RecommenderOptions Options { get; }

    public TimeProvider Time { get; }

    public IReadOnlyList<ICandidateSource> Sources { get; }

    public EmbeddedRecommender Recommender { get; private set; }

    public string Data => Options.DataDirectory;

    public static async Task<EmbeddedHost> StartAsync(
        RecommenderOptions? options = null, TimeProvider? time = null, IReadOnlyList<ICandidateSource>? sources = null)
    {
        var host = new EmbeddedHost(options, time, sources);
        await host.Recommender.StartAsync();
        return host;
    }

    /// <summary>Stops in good order and starts again on the same folder.</summary>
    public async Task RestartAsync()
    {
        await Recommender.DisposeAsync();
        Recommender = Make(Options);
        await Recommender.StartAsync();
    }

    /// <summary>
    /// Starts again on a copy of the folder as it is on disk now, as after a kill: nothing is flushed, saved or closed first.
    /// </summary>
    public async Task<EmbeddedHost> CrashCopyAsync()
    {
        var copy = new EmbeddedHost(Options, Time, Sources);
        foreach (var file in Directory.EnumerateFiles(Data, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(copy.Data, Path.GetRelativePath(Data, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (!Path.GetFileName(file).Contains("lock", StringComparison.OrdinalIgnoreCase))
                File.Copy(file, target);
        }

        await copy.Recommender.StartAsync();
        return copy;
    }

    public async ValueTask DisposeAsync()
    {
        await Recommender.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private EmbeddedRecommender Make(RecommenderOptions options) => new(options, Time, NullLoggerFactory.Instance, Sources);
}
