using Pqf.Tensors.Devices;
using Xunit;

namespace Pqf.Tensors.Tests;

public class ReleaseTests
{
    [Fact]
    public void A_released_tensor_is_given_back_before_its_scope_ends()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var kept = Tensor<float>.From(device, [2], [1, 2]);
        var released = Tensor<float>.Zeros(device, [3]);
        device.Release(released);
        Assert.Equal(1, device.LiveBuffers);
        Assert.Equal([1f, 2f], kept.ToArray());
    }

    [Fact]
    public void A_tensor_of_an_outer_scope_can_be_released_too()
    {
        using var device = new HostDevice(1);
        using var outer = device.BeginScope();
        var tensor = Tensor<float>.Zeros(device, [3]);
        using (device.BeginScope())
            device.Release(tensor);
        Assert.Equal(0, device.LiveBuffers);
    }

    [Fact]
    public void Releasing_twice_is_refused()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var tensor = Tensor<float>.Zeros(device, [3]);
        device.Release(tensor);
        var thrown = Assert.Throws<InvalidOperationException>(() => device.Release(tensor));
        Assert.Equal("Device.Release: expected a tensor of an open scope; its memory was given back before", thrown.Message);
    }
}
