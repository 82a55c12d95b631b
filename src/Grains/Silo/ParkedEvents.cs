using System.Text.Json;

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

    public void Park(Interaction e, string why)
    {
        Interlocked.Increment(ref _parked);
        engine.Logger.LogWarning("An event of the stream was parked: {Problem}", why);
        var folder = Path.Combine(engine.Options.ArtifactDirectory, "parked");
        var file = Path.Combine(folder, silo.SiloAddress.ToParsableString().Replace(':', '-') + ".jsonl");
        lock (_gate)
        {
            Directory.CreateDirectory(folder);
            if (new FileInfo(file) is { Exists: true, Length: >= MaxBytes })
                return;
            File.AppendAllText(file, JsonSerializer.Serialize(new { why, at = engine.Time.GetUtcNow(), e }, JsonSerializerOptions.Web) + "\n");
        }
    }
}
