using Recs.Engine.Events;
using Recs.Engine.Storage;

namespace Recs.Engine.Embedded;

/// <summary>
/// Copies a data folder while its server runs. The order makes the copy consistent: sessions, then what says that
/// somebody is being forgotten, then the events (at least those the sessions hold), then the catalogue (at least the
/// items the events name), then the named spaces (at least those the catalogue has vectors in).
/// </summary>
internal static class FolderBackup
{
    /// <summary>How often to begin again when sessions are compacted or old events dropped under the copy.</summary>
    private const int MaxAttempts = 10;

    private static readonly string[] Logs = ["events", "impressions", "catalog"];

    public static BackupReport Make(string root, string target)
    {
        if (File.Exists(Path.Combine(root, DataFolder.ClusterName)))
            throw new RecommenderException(RefusalKind.Invalid, $"'{root}' is the artifact store of a cluster, whose users are kept elsewhere; a backup is made of the folder of a one-process host.");
        if (!Directory.Exists(root) || !DataFolder.CheckFormat(root))
            throw new RecommenderException(RefusalKind.NotFound, $"'{root}' is no data folder: it holds no {DataFolder.FormatName}.");
        var inside = Path.GetRelativePath(Path.GetFullPath(root), Path.GetFullPath(target));
        if (inside == "." || !inside.StartsWith("..", StringComparison.Ordinal) && !Path.IsPathRooted(inside))
            throw RecommenderException.Invalid("target", target, $"a folder outside '{root}'");
        try
        {
            using var staged = new StagedFolder(target);
            CopyState(root, staged);
            var records = CopyLog(root, staged, "impressions") + CopyLog(root, staged, "catalog")
                + Count(LogCheck.Verify(Path.Combine(staged.Root, "events")));
            staged.TryCopy(DataFolder.Spaces(root), SpacesName(root));
            var manifest = new BackupManifest(BackupManifest.CurrentFormat, records, [.. staged.Files]);
            var report = new BackupReport(staged.Files.Count, staged.Files.Sum(file => file.Bytes), records);
            staged.Add(BackupManifest.FileName, [manifest.Encode()]);
            staged.Publish();
            return report;
        }
        catch (Exception problem) when (problem.IsStorageFailure())
        {
            throw new RecommenderException(RefusalKind.StorageFull, $"The backup '{target}' could not be written: {problem.Message}", problem);
        }
    }

    /// <summary>Sessions, plain files and events, such that the events go on where the sessions end.</summary>
    private static void CopyState(string root, StagedFolder staged)
    {
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            staged.Clear();
            if (!SessionCopy.TryCopy(DataFolder.Sessions(root), staged, "sessions", out var sessionsHold))
                continue;
            CopyPlainFiles(root, staged);
            var (first, next) = LogCopy.Copy(DataFolder.Events(root), staged, "events");
            if (sessionsHold is null || sessionsHold >= first && sessionsHold <= next)
                return;
        }
        throw new InvalidDataException(
            $"The sessions in '{DataFolder.Sessions(root)}' do not match their checkpoint, or not the event log, however often they are read; start the server once to have them mended.");
    }

    private static long CopyLog(string root, StagedFolder staged, string name)
    {
        LogCopy.Copy(Path.Combine(root, name), staged, name);
        return Count(LogCheck.Verify(Path.Combine(staged.Root, name)));
    }

    private static string SpacesName(string root) => Path.GetFileName(DataFolder.Spaces(root));

    private static long Count((long First, long Next) range) => range.Next - range.First;

    /// <summary>Everything that is no log, no session store, no lock and not the spaces: rules, models, a removal under way.</summary>
    private static void CopyPlainFiles(string root, StagedFolder staged)
    {
        foreach (var path in Directory.EnumerateFiles(root))
            if (IsKept(path) && Path.GetFileName(path) is not (DataFolder.LockName or DataFolder.HolderName) and var name && name != SpacesName(root))
                staged.TryCopy(path, Path.GetFileName(path));
        foreach (var folder in Directory.EnumerateDirectories(root))
            if (IsKept(folder) && Path.GetFileName(folder) is var name && name != "sessions" && !Logs.Contains(name))
                foreach (var part in Directory.EnumerateFileSystemEntries(folder).Where(IsKept))
                    CopyWhole(part, $"{name}/{Path.GetFileName(part)}", staged);
    }

    /// <summary>A file, or a folder with all in it; a folder that is removed meanwhile is left out altogether.</summary>
    private static void CopyWhole(string path, string relative, StagedFolder staged)
    {
        if (!Directory.Exists(path))
        {
            staged.TryCopy(path, relative);
            return;
        }
        try
        {
            foreach (var file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories))
            {
                if (staged.TryCopy(file, $"{relative}/{Path.GetRelativePath(path, file).Replace('\\', '/')}"))
                    continue;
                staged.Remove(relative);
                return;
            }
        }
        catch (DirectoryNotFoundException)
        {
            staged.Remove(relative);
        }
    }

    private static bool IsKept(string path) =>
        Path.GetFileName(path) is var name && !name.StartsWith('.')
        && !name.EndsWith(StorageFilesExtensions.TemporarySuffix, StringComparison.Ordinal);
}
