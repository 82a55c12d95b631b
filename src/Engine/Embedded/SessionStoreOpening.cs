using Recs.Engine.Events;
using Recs.Engine.Storage;

namespace Recs.Engine.Embedded;

/// <summary>Recovery of a session store's folder: reads every record, cuts a torn tail, drops damage.</summary>
internal static class SessionStoreOpening
{
    public static SessionFiles Open(
        string directory, SessionStoreSettings settings, out SessionCheckpoint checkpoint, out StoreRecovery recovery)
    {
        Directory.CreateDirectory(directory);
        settings.Files.DeleteTemporaries(directory);
        var files = new SessionFiles(directory, settings);
        try
        {
            recovery = Load(files, settings, out checkpoint);
            return files;
        }
        catch
        {
            files.Close();
            throw;
        }
    }

    private static StoreRecovery Load(SessionFiles files, SessionStoreSettings settings, out SessionCheckpoint checkpoint)
    {
        long torn = 0, damaged = 0;
        try
        {
            checkpoint = SessionCheckpoint.Read(files.Directory);
        }
        catch (InvalidDataException)
        {
            checkpoint = SessionCheckpoint.None;
            damaged++;
        }
        var numbers = SegmentFormat.List(files.Directory);
        damaged += checkpoint.Files.Count(listed => Array.BinarySearch(numbers, listed) < 0);
        var hurt = new List<SessionFile>();
        SessionFile? last = null;
        foreach (var number in numbers)
        {
            var isLast = number == numbers[^1];
            var problems = LoadFile(files, checked((uint)number), isLast, checkpoint, out var file, out var tail);
            damaged += problems;
            torn += tail;
            if (file is null)
                continue;
            if (problems > 0)
                hurt.Add(file);
            else if (isLast && file.Length < settings.FileBytes)
                last = file;
        }
        if (damaged > 0)
        {
            // Before the damage is out of sight: without it the checkpoint would look sound again.
            checkpoint = SessionCheckpoint.None;
            checkpoint.Write(files.Disk, files.Directory);
            foreach (var file in hurt)
            {
                using var rewrite = new SessionFileRewrite(files, file);
                rewrite.Write(keep: _ => true);
                lock (files.Gate)
                    rewrite.Swap();
            }
        }
        files.Activate(last);
        return new StoreRecovery(files.Count, torn, damaged);
    }

    /// <summary>Learns a file's records; returns the number of damaged places, deleting a file without a sound header.</summary>
    private static int LoadFile(
        SessionFiles files, uint number, bool isLast, SessionCheckpoint checkpoint, out SessionFile? file, out long torn)
    {
        file = null;
        torn = 0;
        SegmentReader? reader;
        try
        {
            reader = SegmentReader.TryOpen(files.Directory, number);
        }
        catch (InvalidDataException)
        {
            files.Disk.Delete(files.PathOf(number));
            return 1;
        }
        if (reader is null)
            return 1;
        using (reader)
        {
            var writing = isLast ? files.Disk.Open(reader.Path) : null;
            file = new SessionFile(reader.Path, number, reader.FileLength, writing);
            files.Adopt(file);
            var damaged = 0;
            while (true)
            {
                var offset = reader.Offset;
                var found = reader.Read(out var payload);
                if (found == SegmentRead.Record && SessionRecord.IdOf(payload, out _))
                {
                    files.Learn(file, offset, payload);
                    continue;
                }
                if (found == SegmentRead.Record)
                {
                    damaged++;
                    continue;
                }
                if (found == SegmentRead.End)
                    break;
                if (isLast && !checkpoint.Covers(number, offset))
                {
                    torn = file.Length - offset;
                    writing!.Truncate(offset);
                    break;
                }
                damaged++;
                if (!reader.PassDamage())
                    break;
            }
            // Bytes that had been flushed are missing altogether.
            if (number == checkpoint.FlushedFile && reader.Offset < checkpoint.FlushedTo && damaged == 0)
                damaged++;
            if (damaged == 0)
                file.Length = reader.Offset;
            writing?.Flush();
            return damaged;
        }
    }
}
