namespace Recs.Engine.Storage;

/// <summary>
/// What the logs and stores do to files, so that tests can make a disk fill up, tear a write or fail a flush.
/// Reading goes to the files directly. Failures are <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.
/// </summary>
internal interface IStorageFiles
{
    /// <summary>Opens for writing, creating the file when absent. Others may read, rename and delete it meanwhile.</summary>
    IStorageFile Open(string path);

    /// <summary>Renames over whatever has the name; readers of the old file keep it.</summary>
    void Rename(string from, string to);

    /// <summary>Deletes; a file that is not there is no error.</summary>
    void Delete(string path);

    /// <summary>Makes created, renamed and deleted names of the directory durable.</summary>
    void FlushDirectory(string directory);
}

/// <summary>A file open for writing. Not thread-safe.</summary>
internal interface IStorageFile : IDisposable
{
    long Length { get; }

    /// <summary>Writes all bytes at the offset; on failure any part of them may be there.</summary>
    void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Returns when everything written is on disk.</summary>
    void Flush();

    void Truncate(long length);
}
