"""What teachers are told while they look: the services' long polls, shared by everybody who follows a teacher."""
