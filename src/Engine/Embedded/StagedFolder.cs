using System.Security.Cryptography;
using Recs.Engine.Storage;

namespace Recs.Engine.Embedded;

/// <summary>
/// A folder in the making under a temporary name beside its final one; it appears whole or not at all. Not thread-safe.
/// </summary>
internal sealed class StagedFolder : IDisposable
{
    private readonly Dictionary<string, BackupFile> _files = new(StringComparer.Ordinal);
    private readonly string _target;
    private bool _published;

    /// <summary>Throws <see cref="RecommenderException"/> (Conflict) when the target is there and not empty.</summary>
    public StagedFolder(string target)
    {
        _target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        if (File.Exists(_target) || Directory.Exists(_target) && Directory.EnumerateFileSystemEntries(_target).Any())
            throw new RecommenderException(RefusalKind.Conflict, $"'{_target}' is there and not empty; name a folder that is absent or empty.");
        Root = _target + ".partial";
        if (Directory.Exists(Root))
            Directory.Delete(Root, recursive: true);
        Directory.CreateDirectory(Root);
    }

    public string Root { get; }

    public IReadOnlyCollection<BackupFile> Files => _files.Values;

    /// <summary>Writes a file, durable on return, and notes its hash.</summary>
    public void Add(string relative, IEnumerable<ReadOnlyMemory<byte>> content)
    {
        var path = Path.Combine(Root, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read);
        foreach (var piece in content)
        {
            stream.Write(piece.Span);
            hash.AppendData(piece.Span);
        }
        stream.Flush(flushToDisk: true);
        _files[relative] = new BackupFile(relative, stream.Length, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>Copies a file; false when it is not there (any more).</summary>
    public bool TryCopy(string source, string relative)
    {
        try
        {
            using var stream = new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Add(relative, Pieces(stream));
            return true;
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Takes back a folder of it.</summary>
    public void Remove(string relativeFolder)
    {
        var prefix = relativeFolder + "/";
        foreach (var path in _files.Keys.Where(path => path.StartsWith(prefix, StringComparison.Ordinal)).ToArray())
            _files.Remove(path);
        var folder = Path.Combine(Root, relativeFolder);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>Takes everything back.</summary>
    public void Clear()
    {
        _files.Clear();
        Directory.Delete(Root, recursive: true);
        Directory.CreateDirectory(Root);
    }

    /// <summary>Gives it its name.</summary>
    public void Publish()
    {
        foreach (var folder in Directory.EnumerateDirectories(Root, "*", SearchOption.AllDirectories))
            DiskFiles.Instance.FlushDirectory(folder);
        DiskFiles.Instance.FlushDirectory(Root);
        if (Directory.Exists(_target))
            Directory.Delete(_target);
        Directory.Move(Root, _target);
        _published = true;
        DiskFiles.Instance.FlushDirectory(Path.GetDirectoryName(_target)!);
    }

    public void Dispose()
    {
        if (!_published && Directory.Exists(Root))
            Directory.Delete(Root, recursive: true);
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Pieces(Stream stream)
    {
        var buffer = new byte[256 << 10];
        for (var read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
            yield return buffer.AsMemory(0, read);
    }
}
