using System.Collections.Immutable;
using Google.Protobuf;

namespace Pqf.Compression.TensorBoard;

/// <summary>A named number.</summary>
/// <param name="Tag">Such as <c>Train/loss</c>; what stands before the slash groups charts.</param>
/// <param name="Value">The number.</param>
public readonly record struct Scalar(string Tag, double Value);

/// <summary>The protobuf messages of TensorBoard's event files, written by field number.</summary>
/// <remarks>Numbers from TensorBoard's event.proto, summary.proto, tensor.proto and tensor_shape.proto. Submessages are a few dozen bytes:
/// they are built inside out.</remarks>
static class EventMessages
{
    /// <summary>What the first event of a file says.</summary>
    const string FileVersion = "brain.Event:2";

    /// <summary>Names the dashboard that shows texts.</summary>
    const string TextPlugin = "text";

    /// <summary><c>SessionLog.START</c>: what earlier files hold of this step and later ones is void.</summary>
    const int SessionStart = 1;

    /// <summary><c>DT_STRING</c>.</summary>
    const int StringType = 7;

    /// <summary>The first event of a file.</summary>
    /// <param name="seconds">Since 1970.</param>
    public static byte[] Version(double seconds) =>
        Event(
            seconds,
            0,
            output =>
            {
                output.WriteTag(3, WireFormat.WireType.LengthDelimited);
                output.WriteString(FileVersion);
            }
        );

    /// <summary>Says that a run starts again.</summary>
    /// <param name="seconds">Since 1970.</param>
    /// <param name="step">First step that is run again.</param>
    public static byte[] Restart(double seconds, long step) =>
        Event(
            seconds,
            step,
            output =>
                Submessage(
                    output,
                    7,
                    session =>
                    {
                        session.WriteTag(1, WireFormat.WireType.Varint);
                        session.WriteEnum(SessionStart);
                    }
                )
        );

    /// <summary>Numbers of one step.</summary>
    /// <param name="seconds">Since 1970.</param>
    /// <param name="step">Counts batches or epochs.</param>
    /// <param name="scalars">At least one.</param>
    public static byte[] Scalars(double seconds, long step, ImmutableArray<Scalar> scalars) =>
        Event(
            seconds,
            step,
            output =>
                Submessage(
                    output,
                    5,
                    summary =>
                    {
                        foreach (var (tag, number) in scalars)
                        {
                            Submessage(
                                summary,
                                1,
                                value =>
                                {
                                    value.WriteTag(1, WireFormat.WireType.LengthDelimited);
                                    value.WriteString(tag);
                                    value.WriteTag(2, WireFormat.WireType.Fixed32);
                                    value.WriteFloat((float)number);
                                }
                            );
                        }
                    }
                )
        );

    /// <summary>A text.</summary>
    /// <param name="seconds">Since 1970.</param>
    /// <param name="step">Counts batches or epochs.</param>
    /// <param name="tag">Its name.</param>
    /// <param name="markdown">The text.</param>
    public static byte[] Text(double seconds, long step, string tag, string markdown) =>
        Event(
            seconds,
            step,
            output =>
                Submessage(
                    output,
                    5,
                    summary =>
                        Submessage(
                            summary,
                            1,
                            value =>
                            {
                                value.WriteTag(1, WireFormat.WireType.LengthDelimited);
                                value.WriteString(tag);
                                Submessage(value, 8, tensor => StringTensor(tensor, markdown));
                                Submessage(
                                    value,
                                    9,
                                    metadata =>
                                        Submessage(
                                            metadata,
                                            1,
                                            plugin =>
                                            {
                                                plugin.WriteTag(1, WireFormat.WireType.LengthDelimited);
                                                plugin.WriteString(TextPlugin);
                                            }
                                        )
                                );
                            }
                        )
                )
        );

    // A tensor [1] of one string.
    static void StringTensor(CodedOutputStream tensor, string text)
    {
        tensor.WriteTag(1, WireFormat.WireType.Varint);
        tensor.WriteEnum(StringType);
        Submessage(
            tensor,
            2,
            shape =>
                Submessage(
                    shape,
                    2,
                    axis =>
                    {
                        axis.WriteTag(1, WireFormat.WireType.Varint);
                        axis.WriteInt64(1);
                    }
                )
        );
        tensor.WriteTag(8, WireFormat.WireType.LengthDelimited);
        tensor.WriteString(text);
    }

    static byte[] Event(double seconds, long step, Action<CodedOutputStream> write) =>
        Message(output =>
        {
            output.WriteTag(1, WireFormat.WireType.Fixed64);
            output.WriteDouble(seconds);
            output.WriteTag(2, WireFormat.WireType.Varint);
            output.WriteInt64(step);
            write(output);
        });

    static void Submessage(CodedOutputStream output, int field, Action<CodedOutputStream> write)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(UnsafeByteOperations.UnsafeWrap(Message(write)));
    }

    static byte[] Message(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
            write(output);
        return bytes.ToArray();
    }
}
