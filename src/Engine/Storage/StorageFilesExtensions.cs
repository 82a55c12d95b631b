namespace Recs.Engine.Storage;

internal static class StorageFilesExtensions
{
    /// <summary>Suffix of files being written; whatever has it when a folder is opened is left from a crash.</summary>
    public const string TemporarySuffix = ".tmp";

    /// <summary>Makes a file appear under its name with these bytes, durable and whole, or leaves what was there.</summary>
    public static void Replace(this IStorageFiles files, string path, ReadOnlySpan<byte> bytes)
    {
        var temporary = path + TemporarySuffix;
        files.Delete(temporary);
        using (var file = files.Open(temporary))
        {
            file.Write(bytes, 0);
            file.Flush();
        }
        files.Rename(temporary, path);
        files.FlushDirectory(Path.GetDirectoryName(path)!);
    }

    public static void DeleteTemporaries(this IStorageFiles files, string directory)
    {
        foreach (var path in Directory.EnumerateFiles(directory, "*" + TemporarySuffix))
            files.Delete(path);
    }

    /// <summary>True for the failures a disk or its permissions cause.</summary>
    public static bool IsStorageFailure(this Exception exception) =>
        exception is IOException or UnauthorizedAccessException;
}
