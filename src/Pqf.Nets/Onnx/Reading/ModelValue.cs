namespace Pqf.Nets.Onnx.Reading;

/// <summary>Where a model has the channels of a value of four axes. In our memory they are last in either case.</summary>
enum AxisOrder
{
    /// <summary>[N, C, H, W]: what convolutions of ONNX read. Values of other ranks have their axes as they lie in memory.</summary>
    ChannelsFirst,

    /// <summary>[N, H, W, C]: behind a transposition that moves nothing in our memory.</summary>
    ChannelsLast,
}

/// <summary>A value of a model that depends on the images.</summary>
/// <param name="Place">Of the layer that makes it, among the <see cref="Drafts"/>.</param>
/// <param name="Order">How the model sees its axes.</param>
readonly record struct ModelValue(int Place, AxisOrder Order = AxisOrder.ChannelsFirst);
