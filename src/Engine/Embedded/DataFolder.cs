using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Recs.Engine.Storage;

namespace Recs.Engine.Embedded;

/// <summary>Names inside a data folder, and its lock. Layout: docs/formats.md.</summary>
public sealed class DataFolder : IDisposable
{
    /// <summary>Newest format of the folder as a whole that is read; a newer one is refused.</summary>
    public const int Format = 2;

    /// <summary>Format of a folder without named spaces, which versions that know of none read too.</summary>
    private const int FormatWithoutSpaces = 1;

    internal const string LockName = "LOCK", HolderName = "holder.json", FormatName = "format.json", ClusterName = "cluster.json";

    private readonly FileStream _lock;

    private DataFolder(string root, FileStream held)
    {
        Root = root;
        _lock = held;
    }

    public string Root { get; }

    /// <summary>
    /// Creates the folder if need be and takes its lock, which the operating system frees when the process ends, however
    /// it ends. Throws <see cref="RecommenderException"/> (Conflict) naming the holder's process id, start time and
    /// command when another process has it.
    /// </summary>
    public static DataFolder Lock(string root, TimeProvider time)
    {
        Directory.CreateDirectory(root);
        CheckFormat(root);
        FileStream held;
        try
        {
            held = new FileStream(Path.Combine(root, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new RecommenderException(
                RefusalKind.Conflict, $"The data folder '{Path.GetFullPath(root)}' is in use by {ReadHolder(root)}. One process writes a folder at a time.", e);
        }

        try
        {
            DiskFiles.Instance.Replace(HolderFile(root), JsonSerializer.SerializeToUtf8Bytes(new Holder(
                Environment.ProcessId, time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture), Environment.CommandLine)));
            // Looked at again: who had the lock may have made the folder.
            if (ReadFormat(root) is null)
                WriteFormat(root, FormatWithoutSpaces);
        }
        catch
        {
            held.Dispose();
            throw;
        }

        return new DataFolder(root, held);
    }

    public static string Events(string root) => Path.Combine(root, "events");

    public static string Impressions(string root) => Path.Combine(root, "impressions");

    /// <summary>A partition of a cluster's event log; a process on its own has one log, in <see cref="Events(string)"/> itself.</summary>
    public static string Events(string root, int partition) => Path.Combine(Events(root), Partition(partition));

    /// <summary>The same of the impression log.</summary>
    public static string Impressions(string root, int partition) => Path.Combine(Impressions(root), Partition(partition));

    /// <summary>Every folder that holds a part of the event log: the log itself, or its partitions in order.</summary>
    public static IReadOnlyList<string> EventLogs(string root)
    {
        var partitions = Directory.Exists(Events(root)) ? Directory.GetDirectories(Events(root), "p*") : [];
        Array.Sort(partitions, StringComparer.Ordinal);
        return partitions.Length == 0 ? [Events(root)] : partitions;
    }

    /// <summary>The same of the impression log.</summary>
    public static IReadOnlyList<string> ImpressionLogs(string root)
    {
        var partitions = Directory.Exists(Impressions(root)) ? Directory.GetDirectories(Impressions(root), "p*") : [];
        Array.Sort(partitions, StringComparer.Ordinal);
        return partitions.Length == 0 ? [Impressions(root)] : partitions;
    }

    public static string Catalog(string root) => Path.Combine(root, "catalog");

    public static string Sessions(string root) => Path.Combine(root, "sessions");

    /// <summary>How the folder's host makes pages; see <see cref="PageSettings"/>.</summary>
    public static string Pages(string root) => Path.Combine(root, "pages.json");

    public static string Models(string root) => Path.Combine(root, "models");

    /// <summary>The named spaces that items may have vectors in, JSON; optional.</summary>
    public static string Spaces(string root) => Path.Combine(root, "spaces.json");

    /// <summary>Pin, boost and bury rules, JSON; optional.</summary>
    public static string Rules(string root) => Path.Combine(root, "rules.json");

    /// <summary>What pages are ranked for, and the model that looks on, JSON; optional.</summary>
    public static string Scoring(string root) => Path.Combine(root, "scoring.json");

    /// <summary>Where the comparisons of a model that looks on go, JSON lines.</summary>
    public static string Shadow(string root) => Path.Combine(root, "shadow");

    /// <summary>Makes a consistent, checked copy of a folder, which may be in use, in a new folder.</summary>
    /// <remarks>
    /// The copy holds everything acknowledged before the call, and perhaps some of what comes during it. It appears
    /// under its name when it is whole. Throws <see cref="InvalidDataException"/> naming the file when the folder is
    /// damaged, <see cref="RecommenderException"/> when there is no folder (NotFound), the target exists (Conflict) or
    /// lies in the folder (Invalid), or there is no room (StorageFull).
    /// </remarks>
    public static BackupReport Backup(string root, string target) => FolderBackup.Make(root, target);

    /// <summary>Checks a backup and lays it out as a new data folder; the target must be absent or empty.</summary>
    /// <remarks>
    /// Every hash and every log record is checked before anything is written; a damaged file is an
    /// <see cref="InvalidDataException"/> that names it. The new folder appears when it is whole.
    /// </remarks>
    public static BackupReport Restore(string backup, string target) => FolderRestore.Make(backup, target);

    private static string Partition(int number) => string.Create(CultureInfo.InvariantCulture, $"p{number:000}");

    public void Dispose()
    {
        File.Delete(HolderFile(Root));
        _lock.Dispose();
    }

    private static string HolderFile(string root) => Path.Combine(root, HolderName);

    // The lock file itself cannot be read while it is held, so who holds it stands beside it.
    private static string ReadHolder(string root)
    {
        try
        {
            return JsonSerializer.Deserialize<Holder>(File.ReadAllText(HolderFile(root))) is { } holder
                ? $"process {holder.ProcessId} since {holder.Since}: {holder.Command}"
                : "another process";
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return "another process";
        }
    }

    /// <summary>
    /// Refuses a folder of a newer format: <see cref="RecommenderException"/> (Conflict), or <see cref="InvalidDataException"/>
    /// when its format file is damaged. A folder without one is new; false says so.
    /// </summary>
    public static bool CheckFormat(string root) => ReadFormat(root) is not null;

    /// <summary>
    /// Marks a folder that vectors may be written to, durably: versions that know of no spaces would drop them, and refuse it
    /// from here on. Its caller holds the folder.
    /// </summary>
    internal static void MarkSpaces(string root)
    {
        if (ReadFormat(root) is not Format)
            WriteFormat(root, Format);
    }

    /// <summary>Null without a format file.</summary>
    private static int? ReadFormat(string root)
    {
        var file = Path.Combine(root, FormatName);
        if (!File.Exists(file))
            return null;
        FormatFile? found;
        try
        {
            found = JsonSerializer.Deserialize<FormatFile>(File.ReadAllText(file), JsonSerializerOptions.Web);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{file}' is damaged: {e.Message}", e);
        }

        return found is { Format: >= FormatWithoutSpaces and <= Format }
            ? found.Format
            : throw new RecommenderException(
                RefusalKind.Conflict, $"The data folder '{root}' has format {found?.Format}; this version reads {FormatWithoutSpaces} to {Format}.");
    }

    private static void WriteFormat(string root, int format) => DiskFiles.Instance.Replace(
        Path.Combine(root, FormatName), JsonSerializer.SerializeToUtf8Bytes(new FormatFile(format), JsonSerializerOptions.Web));

    private sealed record Holder(int ProcessId, string Since, string Command);

    private sealed record FormatFile(int Format);
}

/// <param name="Files">Files copied.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Records">Log records checked.</param>
public sealed record BackupReport(int Files, long Bytes, long Records);
