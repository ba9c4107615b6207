"""The permissions of QQ Connect: the names of its APIs, in the words of the consent page.

They are there for clients marked for the dialect. An operator's own definition of one wins; one for an API of another
service needs it, to say which service that is. The metadata names only those that an operator defined.
"""

from lingpai.server.storage.records import ScopeDefinition

_PROFILE = ("nickname", "picture", "gender")

QQ_SCOPES = {
    "get_user_info": ScopeDefinition(
        name="get_user_info",
        descriptions={"en": "See your nickname, picture and gender", "zh_CN": "获得你的昵称、头像、性别"},
        claims=_PROFILE,
    ),
    "get_simple_userinfo": ScopeDefinition(
        name="get_simple_userinfo",
        descriptions={"en": "See your nickname and picture", "zh_CN": "获得你的昵称和头像"},
        claims=("nickname", "picture"),
    ),
    "get_vip_info": ScopeDefinition(
        name="get_vip_info",
        descriptions={"en": "See whether you are a paying member", "zh_CN": "获得你的会员基本信息"},
    ),
    "list_album": ScopeDefinition(
        name="list_album", descriptions={"en": "See the list of your photo albums", "zh_CN": "获得你的相册列表"}
    ),
    "list_photo": ScopeDefinition(
        name="list_photo", descriptions={"en": "See the photos in your albums", "zh_CN": "获得你相册里的照片"}
    ),
    "add_album": ScopeDefinition(
        name="add_album", descriptions={"en": "Create photo albums for you", "zh_CN": "为你创建相册"}
    ),
    "upload_pic": ScopeDefinition(
        name="upload_pic", descriptions={"en": "Upload photos to your albums", "zh_CN": "上传照片到你的相册"}
    ),
}
