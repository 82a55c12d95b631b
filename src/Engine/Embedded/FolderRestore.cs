using Recs.Engine.Events;
using Recs.Engine.Storage;

namespace Recs.Engine.Embedded;

/// <summary>Lays a backup out as a data folder, after everything in it was checked.</summary>
internal static class FolderRestore
{
    public static BackupReport Make(string backup, string target)
    {
        var manifest = BackupManifest.Read(backup);
        try
        {
            using var staged = new StagedFolder(target);
            foreach (var file in manifest.Files)
                file.Check(backup);
            var records = CheckRecords(backup);
            foreach (var file in manifest.Files)
            {
                if (!staged.TryCopy(Path.Combine(backup, file.Path), file.Path))
                    throw new InvalidDataException($"'{Path.Combine(backup, file.Path)}' vanished while it was restored.");
            }
            // What was written, not what was read: the disk may have failed in between.
            var written = staged.Files.ToDictionary(file => file.Path, StringComparer.Ordinal);
            foreach (var file in manifest.Files)
                if (written[file.Path] != file)
                    throw new InvalidDataException($"'{Path.Combine(backup, file.Path)}' changed while it was restored.");
            staged.Publish();
            return new BackupReport(manifest.Files.Count, manifest.Files.Sum(file => file.Bytes), records);
        }
        catch (Exception problem) when (problem.IsStorageFailure())
        {
            throw new RecommenderException(RefusalKind.StorageFull, $"'{target}' could not be written: {problem.Message}", problem);
        }
    }

    private static long CheckRecords(string backup)
    {
        if (!DataFolder.CheckFormat(backup))
            throw new InvalidDataException($"'{backup}' holds no {DataFolder.FormatName}.");
        long records = 0;
        foreach (var log in new[] { DataFolder.Events(backup), DataFolder.Impressions(backup), DataFolder.Catalog(backup) })
        {
            var (first, next) = LogCheck.Verify(log);
            records += next - first;
        }
        foreach (var number in SessionCheckpoint.Read(DataFolder.Sessions(backup)).Files)
            LogCheck.VerifyFile(DataFolder.Sessions(backup), number);
        return records;
    }
}
