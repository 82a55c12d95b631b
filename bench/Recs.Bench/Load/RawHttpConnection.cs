using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace Recs.Bench.Load;

/// <summary>
/// One keep-alive HTTP/1.1 connection on a blocking socket: a request, then its answer, no pipelining. Kept lean so that
/// the generator takes little of the cores that the server runs on. Not thread-safe.
/// </summary>
internal sealed class RawHttpConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] _buffer = new byte[64 << 10];
    private int _filled;

    public RawHttpConnection(int port)
    {
        _socket.ReceiveTimeout = 15_000;
        _socket.Connect(IPAddress.Loopback, port);
    }

    /// <summary>Sends the bytes, reads one answer; the body is valid until the next call.</summary>
    public int Exchange(ReadOnlySpan<byte> request, out ReadOnlySpan<byte> body)
    {
        while (!request.IsEmpty)
            request = request[_socket.Send(request)..];
        _filled = 0;
        int headEnd;
        while ((headEnd = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8)) < 0)
            Receive();
        var head = _buffer.AsSpan(0, headEnd + 2);
        Utf8Parser.TryParse(head[9..], out int status, out _);
        var start = headEnd + 4;
        if (Header(head, "\r\nContent-Length: "u8) is var at and >= 0)
        {
            Utf8Parser.TryParse(head[at..], out int length, out _);
            while (_filled < start + length)
                Receive();
            body = _buffer.AsSpan(start, length);
        }
        else if (Header(head, "\r\nTransfer-Encoding: chunked"u8) >= 0)
        {
            body = _buffer.AsSpan(start, ReadChunks(start));
        }
        else
        {
            body = [];
        }

        return status;
    }

    public void Dispose() => _socket.Dispose();

    // Joins the chunks in place, from start on; returns their length.
    private int ReadChunks(int start)
    {
        var (read, write) = (start, start);
        while (true)
        {
            int line;
            while ((line = _buffer.AsSpan(read, _filled - read).IndexOf("\r\n"u8)) < 0)
                Receive();
            Utf8Parser.TryParse(_buffer.AsSpan(read, line), out int size, out _, 'X');
            read += line + 2;
            while (_filled < read + size + 2)
                Receive();
            if (size == 0)
                return write - start;
            _buffer.AsSpan(read, size).CopyTo(_buffer.AsSpan(write));
            write += size;
            read += size + 2;
        }
    }

    private static int Header(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name)
    {
        var at = head.IndexOf(name);
        return at < 0 ? -1 : at + name.Length;
    }

    private void Receive()
    {
        if (_filled == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        var got = _socket.Receive(_buffer.AsSpan(_filled));
        if (got == 0)
            throw new IOException("The server closed the connection in the middle of an answer.");
        _filled += got;
    }
}
