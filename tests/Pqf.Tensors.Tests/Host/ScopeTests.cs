using Pqf.Tensors.Devices;
using Xunit;

namespace Pqf.Tensors.Tests.Host;

public class ScopeTests
{
    [Fact]
    public void Live_buffers_return_to_their_baseline()
    {
        using var device = new HostDevice(1);
        using (device.BeginScope())
        {
            Tensor<float>.Zeros(device, [10]);
            using (device.BeginScope())
            {
                Tensor<float>.Zeros(device, [20]);
                Tensor<float>.Zeros(device, [30]);
                Assert.Equal(3, device.LiveBuffers);
            }

            Assert.Equal(1, device.LiveBuffers);
        }

        Assert.Equal((0, 0L), (device.LiveBuffers, device.LiveBytes));
    }

    [Fact]
    public void A_kept_tensor_outlives_its_scope_and_no_further_one()
    {
        using var device = new HostDevice(1);
        using (device.BeginScope())
        {
            Tensor<float> kept;
            using (var inner = device.BeginScope())
                kept = inner.Keep(Tensor<float>.From(device, [2], [1, 2]));
            Assert.Equal([1, 2], kept.ToArray());
            Assert.Equal(1, device.LiveBuffers);
        }

        Assert.Equal(0, device.LiveBuffers);
    }

    [Fact]
    public void Scopes_that_end_in_the_wrong_order_throw()
    {
        using var device = new HostDevice(1);
        var outer = device.BeginScope();
        var inner = device.BeginScope();
        var error = Assert.Throws<InvalidOperationException>(outer.Dispose);
        Assert.Equal("Scope.Dispose: expected the innermost scope; scopes end in reverse order of BeginScope", error.Message);
        inner.Dispose();
        outer.Dispose();
    }

    [Fact]
    public void Keeping_without_an_enclosing_scope_throws()
    {
        using var device = new HostDevice(1);
        using var only = device.BeginScope();
        var tensor = Tensor<float>.Zeros(device, [1]);
        var error = Assert.Throws<InvalidOperationException>(() => only.Keep(tensor));
        Assert.Equal("Scope.Keep: expected an enclosing scope, but this is the outermost", error.Message);
    }

    [Fact]
    public void A_tensor_without_a_scope_throws()
    {
        using var device = new HostDevice(1);
        var error = Assert.Throws<InvalidOperationException>(() => Tensor<float>.Zeros(device, [1]));
        Assert.Equal("Device.Rent: no open scope; wrap the call in device.BeginScope()", error.Message);
    }

    [Fact]
    public void A_device_is_not_disposed_under_an_open_scope()
    {
        var device = new HostDevice(1);
        using (device.BeginScope())
        {
            Tensor<float>.Zeros(device, [16]);
            var error = Assert.Throws<InvalidOperationException>(device.Dispose);
            Assert.Equal("Device.Dispose: a scope is still open, with 1 buffers (64 bytes)", error.Message);
        }

        device.Dispose();
    }

    [Fact]
    public unsafe void Memory_given_back_is_used_again_for_the_same_size()
    {
        using var device = new HostDevice(1);
        nint first,
            second;
        using (device.BeginScope())
            first = (nint)Tensor<float>.Zeros(device, [100]).Pointer;
        using (device.BeginScope())
            second = (nint)Tensor<float>.Zeros(device, [100]).Pointer;
        Assert.Equal(first, second);
        Assert.Equal(0, first % 64);
    }
}
