using System.Text.Json;
using System.Text.Json.Serialization;

namespace Recs.Engine.Ranking.Shadow;

/// <summary>
/// Comparisons as JSON lines in a folder that an operator may read: one file a process, which begins anew at its cap and
/// keeps the part before as NAME.1.jsonl. The newest <see cref="MaxFiles"/> files of a machine stay. Used by one thread at a time.
/// </summary>
/// <param name="folder">Created when absent; may be shared by several processes.</param>
/// <param name="maxFileBytes">Of one file. 8 MiB unless told.</param>
internal sealed class ShadowLog(string folder, long maxFileBytes = 8L << 20)
{
    public const int MaxFiles = 16;

    private readonly string _file = Path.Combine(folder, $"{Environment.MachineName}-{Environment.ProcessId}.jsonl");
    private bool _pruned;

    /// <exception cref="IOException">It cannot be written.</exception>
    public void Append(ShadowComparison comparison)
    {
        if (!_pruned)
            Prune();
        var line = JsonSerializer.SerializeToUtf8Bytes(comparison, ShadowJsonContext.Default.ShadowComparison);
        using (var stream = new FileStream(_file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            stream.Write(line);
            stream.WriteByte((byte)'\n');
            if (stream.Length < maxFileBytes)
                return;
        }

        File.Move(_file, Path.ChangeExtension(_file, "1.jsonl"), overwrite: true);
        Prune();
    }

    // Two are this process's own.
    private void Prune()
    {
        foreach (var old in Directory.CreateDirectory(folder).GetFiles($"{Environment.MachineName}-*.jsonl").OrderByDescending(f => f.LastWriteTimeUtc).Skip(MaxFiles - 2))
            old.Delete();
        _pruned = true;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(ShadowComparison))]
internal sealed partial class ShadowJsonContext : JsonSerializerContext;
