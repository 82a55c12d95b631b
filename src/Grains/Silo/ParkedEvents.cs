using System.Text.Json;
using Recs.Engine.Storage;

namespace Recs.Grains.Silo;

/// <summary>
/// Keeps events of the stream that no user can take, with the reason, for people to look at: JSON lines in the artifact
/// store, "parked/SILO.jsonl". At <see cref="MaxBytes"/> the file is full, and further ones are only counted and logged.
/// Thread-safe.
/// </summary>
internal sealed class ParkedEvents(SiloEngine engine, ILocalSiloDetails silo)
{
    private const long MaxBytes = 64L << 20;

    private readonly Lock _gate = new();
    private long _parked;

    public long Count => Interlocked.Read(ref _parked);

    private string OwnFile => Path.Combine(Folder(engine.Options.ArtifactDirectory), FileName(silo.SiloAddress));

    public void Park(Interaction e, string why)
    {
        Interlocked.Increment(ref _parked);
        engine.Logger.LogWarning("An event of the stream was parked: {Problem}", why);
        lock (_gate)
        {
            Directory.CreateDirectory(Folder(engine.Options.ArtifactDirectory));
            if (new FileInfo(OwnFile) is { Exists: true, Length: >= MaxBytes })
                return;
            File.AppendAllText(OwnFile, JsonSerializer.Serialize(new Line(why, engine.Time.GetUtcNow(), e), JsonSerializerOptions.Web) + "\n");
        }
    }

    /// <summary>Takes users out of what this silo parked.</summary>
    public void Forget(IReadOnlyCollection<string> userIds)
    {
        lock (_gate)
            Forget(OwnFile, userIds);
    }

    /// <summary>Takes users out of what silos parked that are no longer there.</summary>
    public static void ForgetLeft(string artifactDirectory, IReadOnlyCollection<string> userIds, IReadOnlyCollection<SiloAddress> there)
    {
        if (!Directory.Exists(Folder(artifactDirectory)))
            return;
        var alive = there.Select(FileName).ToHashSet(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(Folder(artifactDirectory), "*.jsonl"))
        {
            if (!alive.Contains(Path.GetFileName(file)))
                Forget(file, userIds);
        }
    }

    private static void Forget(string file, IReadOnlyCollection<string> userIds)
    {
        if (!File.Exists(file))
            return;
        var lines = File.ReadAllLines(file);
        var kept = Array.FindAll(lines, line => !Names(line, userIds));
        if (kept.Length < lines.Length)
            DiskFiles.Instance.Replace(file, System.Text.Encoding.UTF8.GetBytes(string.Concat(kept.Select(line => line + "\n"))));
    }

    // A line that a crash cut short names nobody for certain, so it goes.
    private static bool Names(string line, IReadOnlyCollection<string> userIds)
    {
        try
        {
            return JsonSerializer.Deserialize<Line>(line, JsonSerializerOptions.Web) is not { } parked || userIds.Contains(parked.Event.UserId);
        }
        catch (JsonException)
        {
            return true;
        }
    }

    private static string Folder(string artifactDirectory) => Path.Combine(artifactDirectory, "parked");

    private static string FileName(SiloAddress silo) => silo.ToParsableString().Replace(':', '-') + ".jsonl";

    private sealed record Line(string Why, DateTimeOffset At, Interaction Event);
}
