using System.Security.Cryptography;
using System.Text.Json;

namespace Recs.Engine.Embedded;

/// <summary>The file backup.json, written last: what a backup holds, with the SHA-256 of each file.</summary>
/// <param name="Format">Of the backup; 1.</param>
/// <param name="Records">Log records in it.</param>
/// <param name="Files">Every file but this one.</param>
internal sealed record BackupManifest(int Format, long Records, IReadOnlyList<BackupFile> Files)
{
    public const string FileName = "backup.json";

    public const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>Throws <see cref="RecommenderException"/> when there is none or it is of another format, <see cref="InvalidDataException"/> when it is damaged.</summary>
    public static BackupManifest Read(string backup)
    {
        var path = Path.Combine(backup, FileName);
        if (!File.Exists(path))
            throw new RecommenderException(RefusalKind.NotFound, $"'{backup}' is no backup: it holds no {FileName}.");
        BackupManifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize<BackupManifest>(File.ReadAllBytes(path), Json);
        }
        catch (JsonException problem)
        {
            throw new InvalidDataException($"'{path}' is damaged: {problem.Message}", problem);
        }
        if (manifest is not { Files: not null })
            throw new InvalidDataException($"'{path}' is damaged: it lists no files.");
        if (manifest.Format != CurrentFormat)
            throw new RecommenderException(RefusalKind.Conflict, $"'{backup}' has backup format {manifest.Format}; this version reads {CurrentFormat}.");
        foreach (var file in manifest.Files)
            if (file?.Path is null || file.Sha256 is null || !IsInside(file.Path))
                throw new InvalidDataException($"'{path}' is damaged: it lists '{file?.Path}', which is no path inside a backup.");
        return manifest;
    }

    // A manifest from elsewhere must not make a restore write elsewhere.
    private static bool IsInside(string path) =>
        path.Length > 0 && !Path.IsPathRooted(path) && path.Split('/', '\\').All(part => part is not ("" or "." or ".."));
}

/// <param name="Path">Relative, with '/'.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Of its content, lower-case hexadecimal.</param>
internal sealed record BackupFile(string Path, long Bytes, string Sha256)
{
    /// <summary>Hashes a file; throws <see cref="InvalidDataException"/> naming it when it is not what is stated here.</summary>
    public void Check(string folder)
    {
        var path = System.IO.Path.Combine(folder, Path);
        if (!File.Exists(path))
            throw new InvalidDataException($"'{path}' is missing.");
        using var stream = File.OpenRead(path);
        if (stream.Length != Bytes)
            throw new InvalidDataException($"'{path}' is damaged: it has {stream.Length} bytes and should have {Bytes}.");
        var hash = Convert.ToHexStringLower(SHA256.HashData(stream));
        if (hash != Sha256)
            throw new InvalidDataException($"'{path}' is damaged: its SHA-256 is {hash} and should be {Sha256}.");
    }
}
