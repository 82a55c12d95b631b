namespace Recs.Engine.Embedded;

/// <summary>Names inside a data folder, and its lock. Layout: docs/formats.md.</summary>
public sealed class DataFolder : IDisposable
{
    private readonly string _root;

    private DataFolder(string root) => _root = root;

    /// <summary>
    /// Creates the folder if need be and takes its lock; throws <see cref="RecommenderException"/> (Conflict) naming
    /// the holder's process id, start time and command when another process has it.
    /// </summary>
    public static DataFolder Lock(string root, TimeProvider time) => throw new NotImplementedException();

    public string Root => _root;

    public static string Events(string root) => Path.Combine(root, "events");

    public static string Impressions(string root) => Path.Combine(root, "impressions");

    public static string Catalog(string root) => Path.Combine(root, "catalog");

    public static string Sessions(string root) => Path.Combine(root, "sessions");

    public static string Models(string root) => Path.Combine(root, "models");

    /// <summary>Pin, boost and bury rules, JSON; optional.</summary>
    public static string Rules(string root) => Path.Combine(root, "rules.json");

    /// <summary>Makes a consistent, checked copy of a folder, which may be in use, in a new folder.</summary>
    public static BackupReport Backup(string root, string target) => throw new NotImplementedException();

    /// <summary>Checks a backup and lays it out as a new data folder; the target must be absent or empty.</summary>
    public static BackupReport Restore(string backup, string target) => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}

/// <param name="Files">Files copied.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Records">Log records checked.</param>
public sealed record BackupReport(int Files, long Bytes, long Records);
